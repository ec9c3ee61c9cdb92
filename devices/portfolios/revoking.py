"""Access to every device of a portfolio is given up: connection by connection, by a job that can be killed (§3.2).

An end user's grant that reaches nothing else is revoked, and ended at the cloud. One that reaches other devices goes on
for those, and so does a program's or a fleet's, unless staff said that such a grant is to end where nothing else is
reached by it.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from devices.connections import ending, renewal
from devices.connections.reach import withdraw
from devices.connections.record import save_on_record
from devices.models import Connection, Device, Portfolio, PortfolioRevocation
from texture_portal import jobs
from texture_portal.actors import Actor, system

BATCH = 50
BY = system("portfolio revocation")


@transaction.atomic
def ask(portfolio: Portfolio, *, whole_grants: bool, reason: str, now: datetime, by: Actor) -> PortfolioRevocation:
    """`whole_grants`: those of programs and fleets too, where they reach nothing else."""
    asked = PortfolioRevocation.objects.create(
        portfolio=portfolio, whole_grants=whole_grants, reason=reason, asked_at=now, asked_by=f"{by.role} {by.name}"
    )
    save_on_record(portfolio, by=by, reason=f"access revoked: {reason}")
    jobs.wake("portfolios")
    return asked


def work_off(*, now: datetime) -> int:
    """One batch of connections; 0 once nothing is left to be revoked."""
    asked = PortfolioRevocation.objects.filter(finished_at__isnull=True).order_by("asked_at").first()
    if asked is None:
        return 0
    within = Device.objects.filter(portfolios=asked.portfolio_id, connection__isnull=False)
    connections = within.order_by().values_list("connection", flat=True).distinct()[:BATCH]
    count = 0
    for count, connection_id in enumerate(list(connections), start=1):  # noqa: B007 - counted
        _give_up(asked, Connection(pk=connection_id), now=now)
    if not count:
        PortfolioRevocation.objects.filter(pk=asked.pk).update(finished_at=now)
    return 1


@transaction.atomic
def _give_up(asked: PortfolioRevocation, connection: Connection, *, now: datetime) -> None:
    row = renewal.hold(connection)
    within = Device.objects.filter(portfolios=asked.portfolio_id)
    withdrawn = withdraw(within, row, reason=asked.reason, now=now, by=BY)
    ends = row.grantor == Connection.Grantor.END_USER or asked.whole_grants
    is_revoked = withdrawn > 0 and ends and row.status != Connection.Status.REVOKED and not row.devices.exists()
    if is_revoked:
        ending.mark_revoked(row, reason=asked.reason, now=now, by=BY)
    PortfolioRevocation.objects.filter(pk=asked.pk).update(
        devices_withdrawn=F("devices_withdrawn") + withdrawn,
        connections_revoked=F("connections_revoked") + int(is_revoked),
    )
