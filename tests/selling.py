"""A device that changes hands: its row stays, and so does what it told its former owner."""

from django.db import transaction

from devices.telemetry.taking import Observed, take
from enrollments import lifecycle
from enrollments.models import Enrollment
from tests.factories import active, consent_claim, device_claim, matched_to
from texture_portal import actors

BY = actors.system("tests")


def told(enrollment, *moments, charge=50):
    readings = [
        Observed(enrollment.device.manufacturer_device_id, each, {"chargePercentage": charge}) for each in moments
    ]
    assert take(enrollment.partner, readings, now=moments[-1]).accepted == len(moments)


def sold(enrollment, *, at, bought_at, **to):
    """The next owner's enrollment. `to`: whose, where it is not somebody new."""
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=enrollment.pk)
        lifecycle.revoke(held, reason="ownership_transferred", now=at, by=BY)
    device = enrollment.device
    claim = device_claim(
        manufacturer_device_id=device.manufacturer_device_id, serial_number=device.serial_number
    )  # fmt: skip
    bought = active(
        partner=enrollment.partner, device=claim, finding=matched_to(enrollment.site.utility), now=bought_at,
        consent=consent_claim(granted_at=bought_at), **to,
    )  # fmt: skip
    assert bought.device_id == enrollment.device_id
    return bought
