"""Connections in the admin: who granted what, how fresh it is, why it is broken, how it ended. No secret is shown."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from devices.admin.clouds import by
from devices.admin.counting import count_of
from devices.admin.forms import NewSecretForm
from devices.connections import ending, programmatic
from devices.connections.breaking import BREACHES
from devices.models import Connection, Device
from devices.search import customer_ids
from texture_portal import clock
from texture_portal.console.marks import NOTHING, at, badge, badges, link, span, table
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.search import BigTable, as_uuid
from texture_portal.console.verbs import Verb, VerbForm

REVOKE, REPLACE = "devices.revoke_connection", "devices.replace_connection_secret"
MOST_SHOWN = 20
MARKS = {"active": "success", "broken": "danger", "revoked": ""}
Status, Way = Connection.Status, Connection.Way


def _revoke(connection: Connection, given: dict[str, Any], now: datetime, user: User) -> str:
    ending.revoke(connection, reason=given["reason"], now=now, by=by(user))
    return "It is revoked: nothing goes through it any more. The cloud is told now."


def _tell_again(connection: Connection, given: dict[str, Any], now: datetime, user: User) -> str:
    ending.tell_again(connection, now=now)
    return "A worker is asked to tell the cloud now."


def _replace(connection: Connection, given: dict[str, Any], now: datetime, user: User) -> str:
    programmatic.replace_secret(connection, given["secret"], now=now, by=by(user), reason=given["reason"])
    return "The new secret is sealed, and used from the next call on."


def _try_again(connection: Connection, given: dict[str, Any], now: datetime, user: User) -> str:
    programmatic.try_again(connection, by=by(user), reason=given["reason"])
    return "It counts as active again; its next call shows whether it is."


VERBS = (
    Verb(
        "replace-secret", "Replace its secret", "A new API key or client secret takes the place of the old one.",
        REPLACE, _replace,
        fits=lambda row: row.status != Status.REVOKED and (row.way == Way.API_KEY or bool(row.client_id)),
        form=NewSecretForm,
    ),
    Verb(
        "try-again", "Have it tried again", "When what was wrong is mended at the cloud or in its settings.", REPLACE,
        _try_again, fits=lambda row: row.status == Status.BROKEN,
    ),
    Verb(
        "tell-again", "Tell the cloud now", "It is revoked here; the cloud has not ended it yet.", REVOKE, _tell_again,
        fits=lambda row: row.status == Status.REVOKED and row.ended_at is None, form=VerbForm,
    ),
    Verb(
        "revoke", "Revoke", "Nothing goes through it from now on, its devices are polled no more, and the cloud is told"
        " to end it. There is no way back but a new grant.", REVOKE, _revoke,
        fits=lambda row: row.status != Status.REVOKED, is_final=True,
    ),
)  # fmt: skip


@admin.register(Connection)
class ConnectionAdmin(BigTable, DetailAdmin):
    detail_template = "admin/devices/connection/detail.html"
    list_display = (
        "called",
        "cloud_name",
        "standing",
        "grantor",
        "way",
        "age",
        "expires",
        "renewed",
        "devices_reached",
    )
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("grantor", ChoicesDropdownFilter),
        ("way", ChoicesDropdownFilter),
        ("cloud", RelatedDropdownFilter),
        ("broken_reason", ChoicesDropdownFilter),
    )
    list_select_related = ("cloud__partner", "customer")
    search_help_text = "Whole name, customer reference, or the connection's id"
    ordering = ("-id",)
    sortable_by = ()
    verbs = VERBS

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(device_count=count_of(Device.objects.all(), of="connection"))

    def named(self, term: str) -> Q:
        return Q(pk=as_uuid(term)) | Q(name=term) | Q(customer__in=customer_ids(term))

    def detail_context(self, request: HttpRequest, subject: Connection) -> dict[str, Any]:
        now = clock.now()
        return {
            "facts": facts(subject, now=now),
            "freshness": freshness_of(subject, now=now),
            "breach": BREACHES.get(subject.broken_reason),
            "ended": ended_facts(subject),
            "devices": devices_table(subject),
            "withdrawals": withdrawals_table(subject),
            "record": record_table(subject),
        }

    @display(description="Connection")
    def called(self, connection: Connection) -> str:
        return connection.name or f"…{str(connection.pk)[-12:]}"

    @display(description="Cloud")
    def cloud_name(self, connection: Connection) -> str:
        return str(connection.cloud)

    @display(description="Status")
    def standing(self, connection: Connection) -> SafeString:
        return standing_badge(connection)

    @display(description="Age")
    def age(self, connection: Connection) -> str:
        return span(clock.now() - connection.granted_at)

    @display(description="Expires")
    def expires(self, connection: Connection) -> str:
        return expiry(connection, now=clock.now())

    @display(description="Last renewed")
    def renewed(self, connection: Connection) -> str:
        return at(connection.renewed_at)

    @display(description="Devices")
    def devices_reached(self, connection: Any) -> int:
        return int(connection.device_count)


def standing_badge(connection: Connection) -> SafeString:
    if connection.status == Status.REVOKED and connection.ended_at is None:
        return badge("being ended", "warning")
    if connection.status == Status.ACTIVE and connection.is_at_rest:
        return badge("active, at rest", "warning")
    return badge(connection.get_status_display().lower(), MARKS[connection.status])


def expiry(connection: Connection, *, now: datetime) -> str:
    if connection.status == Status.REVOKED:
        return NOTHING
    if connection.way == Way.API_KEY:
        return "never"
    if connection.expires_at is None:
        return "unknown" if connection.generation else "no token yet"
    left = connection.expires_at - now
    return f"in {span(left)}" if left.total_seconds() > 0 else f"{span(left)} ago"


def facts(connection: Connection, *, now: datetime) -> list[tuple[str, Any]]:
    return [
        ("Status", standing_badge(connection)),
        ("Cloud", link(connection.cloud)),
        ("Granted by", connection.get_grantor_display()),
        ("By way of", connection.get_way_display()),
        ("Customer", connection.customer.reference_id if connection.customer else NOTHING),
        ("Client id", NOTHING if connection.way == Way.API_KEY else connection.client_id or "the portal's own"),
        ("Scopes", badges(connection.scopes)),
        ("Granted", f"{at(connection.granted_at)}, {span(now - connection.granted_at)} ago"),
        ("Connection id", connection.pk),
    ]


def freshness_of(connection: Connection, *, now: datetime) -> list[tuple[str, Any]]:
    return [
        ("Expires", expiry(connection, now=now)),
        ("That is", at(connection.expires_at)),
        ("Last renewed", at(connection.renewed_at)),
        ("Times renewed", connection.generation),
        ("Failed in a row", connection.failures),
        ("Answers lost", connection.unanswered),
        ("Last fault", connection.last_fault or NOTHING),
        ("Left alone until", at(connection.renew_not_before)),
    ]


def ended_facts(connection: Connection) -> list[tuple[str, Any]]:
    return [
        ("Revoked", at(connection.revoked_at)),
        ("By", connection.revoked_by or NOTHING),
        ("Why", connection.revoked_reason or NOTHING),
        ("Ended at the cloud", at(connection.ended_at)),
        ("How", connection.get_ending_display() or NOTHING),
        ("Attempts", connection.end_attempts),
        ("Why not yet", connection.end_fault or NOTHING),
        ("Next attempt", at(connection.end_attempt_at)),
    ]


def devices_table(connection: Connection) -> dict[str, Any]:
    rows = connection.devices.order_by("-id")[:MOST_SHOWN]
    return table(
        ("Device", "Type", "Last sign of life"),
        ((link(each, each.serial_number), each.type, at(each.last_sign_of_life_at)) for each in rows),
    )


def withdrawals_table(connection: Connection) -> dict[str, Any]:
    rows = connection.withdrawals.select_related("device")[:MOST_SHOWN]
    return table(
        ("Device", "Since", "By", "Why", "Lifted"),
        (
            (link(each.device, each.device.serial_number), at(each.at), each.by, each.reason, at(each.lifted_at))
            for each in rows
        ),
    )


def record_table(connection: Connection) -> dict[str, Any]:
    rows = connection.history.order_by("-history_date")[:MOST_SHOWN]
    return table(
        ("When", "Status", "What"),
        ((at(each.history_date), each.status, each.history_change_reason or NOTHING) for each in rows),
    )
