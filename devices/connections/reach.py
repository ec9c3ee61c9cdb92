"""Which devices a connection reaches: attached as they are found, withdrawn when access to one is given up.

A grant often reaches many devices, and ends as a whole or not at all. Where one device must be let go and others go on,
it is withdrawn: the portal neither reads nor commands it any more, though the cloud would let it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from devices.connections import renewal
from devices.models import Connection, Device, Withdrawal
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Attached:
    """`withdrawn`: access to them through it was given up. `strangers`: they are another partner's or customer's."""

    attached: int
    withdrawn: int
    strangers: int


@transaction.atomic
def attach(connection: Connection, devices: Iterable[Device]) -> Attached:
    """The newest grant that finds a device is the one that reaches it. Safe to do twice."""
    row = renewal.hold(connection)
    if row.status == Connection.Status.REVOKED:
        raise Refusal("state_conflict", "The connection is revoked.")
    given = {device.pk: device for device in devices}
    own = {key for key, device in given.items() if _is_own(device, row)}
    withdrawn = set(row.withdrawals.filter(device__in=own, lifted_at__isnull=True).values_list("device", flat=True))
    Device.objects.filter(pk__in=own - withdrawn).exclude(connection=row).update(connection=row)
    return Attached(len(own - withdrawn), len(withdrawn), len(given) - len(own))


def withdraw(devices: "QuerySet[Device]", row: Connection, *, reason: str, now: datetime, by: Actor) -> int:
    """Of a connection that is held. How many of these devices it reached."""
    reached = list(
        devices.filter(connection=row).order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True)
    )
    Withdrawal.objects.bulk_create(
        (Withdrawal(device_id=each, connection=row, at=now, by=_named(by), reason=reason) for each in reached),
        batch_size=AT_ONCE,
        ignore_conflicts=True,  # already in force
    )
    Device.objects.filter(pk__in=reached).update(connection=None)
    return len(reached)


def withdraw_all(row: Connection, *, reason: str, now: datetime, by: Actor) -> int:
    return withdraw(Device.objects.all(), row, reason=reason, now=now, by=by)


@transaction.atomic
def readmit(connection: Connection, devices: Iterable[Device], *, now: datetime, by: Actor) -> Attached:
    """They may be reached through it again, as after a new consent."""
    row = renewal.hold(connection)
    given = list(devices)
    row.withdrawals.filter(device__in=given, lifted_at__isnull=True).update(lifted_at=now, lifted_by=_named(by))
    return attach(row, given)


def _is_own(device: Device, row: Connection) -> bool:
    return device.partner_id == row.cloud.partner_id and row.customer_id in (None, device.customer_id)


def _named(by: Actor) -> str:
    return f"{by.role} {by.name}"
