"""A customer goes on with another partner: their devices, their enrollments and what was agreed to (§9).

The consent stands; the grants at the old partner's clouds end, since they are that partner's. All is in the chain.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from devices.commands import cancelling
from devices.connections import ending, renewal
from devices.connections.reach import withdraw
from devices.models import Connection, Device, PortfolioDevice
from enrollments import ledger, lifecycle, notices
from enrollments.deprovisioning import staying
from enrollments.duplicates import device_name
from enrollments.models import Enrollment
from enrollments.overview import overview
from partners.models import Customer, Partner
from partners.models.customer import renamed
from texture_portal.actors import Actor
from texture_portal.holding import hold

HANDED_OVER = "handed_over"
CANNOT = "partner_ended"  # of the state, where it does not go along


@transaction.atomic
def hand_over(customer: Customer, successor: Partner, *, reason: str, now: datetime, by: Actor) -> tuple[int, int]:
    """How many enrollments were handed over, and how many ended: the successor cannot take them, or the customer did
    not agree to go on. Nobody learns of a customer of whom nothing goes along.
    """
    held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    ids = list(Enrollment.objects.open().filter(customer=held).order_by("pk").values_list("pk", flat=True))
    hold(_names(ids, held.partner, successor))
    enrollments = list(Enrollment.objects.locked().filter(pk__in=ids).order_by("pk"))
    left = staying.of(enrollments, successor)
    taken = [each for each in enrollments if each not in left]
    for each in left:
        lifecycle.revoke(each, reason=CANNOT, now=now, by=by, why=reason)
    if taken:
        _move_customer(held, successor)
        _move_devices([each.device for each in taken], successor, reason=reason, now=now, by=by)
    for each in taken:
        _move(each, successor, reason=reason, now=now, by=by)
    for connection in Connection.objects.filter(customer=held).exclude(status=Connection.Status.REVOKED):
        ending.revoke(connection, reason=HANDED_OVER if taken else CANNOT, now=now, by=by)
    return len(taken), len(enrollments) - len(taken)


def _names(ids: Sequence[UUID], old: Partner, new: Partner) -> list[str]:
    devices = Device.objects.filter(enrollments__in=ids).values_list("manufacturer_device_id", flat=True)
    return [device_name(partner.pk, name) for name in devices for partner in (old, new)]


def _move_customer(customer: Customer, successor: Partner) -> None:
    """Two partners may call different people alike: then the reference says whose it was."""
    reference = customer.reference_id
    if Customer.objects.filter(partner=successor, reference_id=reference).exists():
        reference = renamed(customer.partner_id, reference)[:255]
    customer.partner, customer.reference_id = successor, reference
    customer.save(update_fields=["partner", "reference_id"])


def _move_devices(devices: Sequence[Device], successor: Partner, *, reason: str, now: datetime, by: Actor) -> None:
    cancelling.cancel_for_devices(devices, reason=HANDED_OVER, now=now, by=by)
    rows = Device.objects.filter(pk__in=[each.pk for each in devices])
    for connection_id in rows.exclude(connection=None).values_list("connection", flat=True).distinct():
        withdraw(rows, renewal.hold(Connection(pk=connection_id)), reason=reason, now=now, by=by)
    PortfolioDevice.objects.filter(device__in=rows, portfolio__partner__isnull=False).delete()
    rows.update(partner=successor, updated_at=now)


def _move(enrollment: Enrollment, successor: Partner, *, reason: str, now: datetime, by: Actor) -> None:
    enrollment.partner = successor
    enrollment.device.refresh_from_db()
    enrollment.touch(now)
    ledger.note(enrollment, enrollment, reason=HANDED_OVER, words=reason, now=now, by=by)
    lifecycle.advance(enrollment, now=now, by=by)
    notices.tell_of_new(overview(enrollment), now=now)
