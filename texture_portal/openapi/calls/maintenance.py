"""Planned maintenance of the partner's cloud."""

from partners.maintenance_api import MaintenanceDocument, MaintenancesView, MaintenanceView
from partners.pagination import PageQuery
from texture_portal.openapi import maintenance
from texture_portal.openapi.calls.call import Answer, Call

MAINTENANCE = "/v1/maintenance/{maintenanceId}"

MAINTENANCE_CALLS = (
    Call(
        "announceMaintenance", "POST", "/v1/maintenance", MaintenancesView,
        "Announce planned maintenance of your cloud",
        "Before it begins, two years ahead at most, and for seven days at most. 48 hours ahead or more, it is left out "
        "of your scorecard (`excluded`); at shorter notice it is shown and counts. See `/docs/maintenance`.",
        {201: Answer("It is announced", "Maintenance", maintenance.ANNOUNCED, names_place=True)},
        group="Maintenance", body=MaintenanceDocument, sent=maintenance.TO_SEND, codes=("state_conflict",),
    ),
    Call(
        "listMaintenance", "GET", "/v1/maintenance", MaintenancesView,
        "List planned maintenance",
        "Of your cloud, announced by you or by staff; what was announced last comes first.",
        {200: Answer("A page", "Maintenances", {"data": [maintenance.ANNOUNCED], "nextCursor": None})},
        group="Maintenance", query=PageQuery,
    ),
    Call(
        "getMaintenance", "GET", MAINTENANCE, MaintenanceView,
        "Read one planned maintenance", "",
        {200: Answer("The maintenance", "Maintenance", maintenance.ANNOUNCED)},
        group="Maintenance", codes=("not_found",),
    ),
    Call(
        "withdrawMaintenance", "DELETE", MAINTENANCE, MaintenanceView,
        "Withdraw planned maintenance",
        "Until it is over. It stays on record, and is left out of nothing any more.",
        {200: Answer("It is withdrawn", "Maintenance", maintenance.WITHDRAWN)},
        group="Maintenance", codes=("not_found", "state_conflict"),
    ),
)  # fmt: skip
