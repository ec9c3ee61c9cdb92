"""Access that is held by a connection, given up for one device (§11.5).

An end user's grant ends at the cloud with the last device that it is used for. A program's or a fleet's is not one
customer's to end: the device is withdrawn from it, and staff end the grant itself where they mean that.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from devices.access import GivenUp
from devices.connections import ending, renewal
from devices.connections.reach import withdraw
from devices.models import Connection, Device
from texture_portal import clock
from texture_portal.actors import Actor, system

BY = system("revocation")
REASON = "consent was revoked"
AS_GIVEN_UP = {
    Connection.Ending.ENDED: GivenUp.ENDED,
    Connection.Ending.NOT_TOLD: GivenUp.NOT_TOLD,
    Connection.Ending.NOTHING: GivenUp.ENDED,
}


class GrantedAccess:
    """`devices.access.Access`, by connections."""

    def holds(self, device: Device) -> bool:
        return bool(_connections_of(device))

    def give_up(self, device: Device) -> GivenUp:
        now = clock.now()
        done = [give_up(each, device, reason=REASON, now=now, by=BY) for each in _connections_of(device)]
        return min(done, key=list(GivenUp).index)


def give_up(connection: Connection, device: Device, *, reason: str, now: datetime, by: Actor) -> GivenUp:
    """Raises `ending.NotEndedError` where the cloud has not ended it yet."""
    if not _let_go(connection, device, reason=reason, now=now, by=by):
        return GivenUp.WITHDRAWN
    return AS_GIVEN_UP[Connection.Ending(ending.end(connection, now=now))]


@transaction.atomic
def _let_go(connection: Connection, device: Device, *, reason: str, now: datetime, by: Actor) -> bool:
    """Whether the grant itself is revoked, by us or before."""
    row = renewal.hold(connection)
    withdraw(Device.objects.filter(pk=device.pk), row, reason=reason, now=now, by=by)
    if row.status == Connection.Status.REVOKED:
        return True
    if row.grantor != Connection.Grantor.END_USER or row.devices.exists():
        return False
    ending.mark_revoked(row, reason=reason, now=now, by=by)
    return True


def _connections_of(device: Device) -> list[Connection]:
    """The one that reaches it, those that did until it was given up, and what its customer granted for nothing else."""
    known = Connection.objects.filter(
        Q(devices=device) | Q(withdrawals__device=device, withdrawals__lifted_at__isnull=True)
    )
    idle = Connection.objects.filter(customer=device.customer_id, devices__isnull=True).exclude(status="revoked")
    return list({row.pk: row for row in (*known, *idle)}.values())
