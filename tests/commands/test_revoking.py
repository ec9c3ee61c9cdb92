"""A customer who revokes in the middle of a command: it is cancelled at once, and the device is given back."""

from datetime import timedelta

import pytest
from django.db import transaction

from devices.commands import restoring
from devices.models import Command, Device
from enrollments import lifecycle
from enrollments.models import Enrollment, RevocationDuty
from tests.commands.conftest import BACK, BY, RATINGS, SLUGS, again, issued, order, tell
from tests.factories import NOW, active, device_claim

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATER = NOW + HOUR


@pytest.fixture
def running():
    """A command that the other side has taken, to an active enrollment's device; its restore is due in an hour."""
    made = active(device=device_claim(commands=tuple(SLUGS), ratings=RATINGS))
    device = Device.objects.get(pk=made.device_id)
    assert device.may_control
    now = LATER
    tell([device], {"chargePercentage": 70, "backupReserve": 20}, now=now)
    [command] = issued(order(device, now=now, lasts=HOUR, restore=BACK), now=now)
    assert command.status == "pending", command.error_detail
    Command.objects.filter(pk=command.pk).update(sent_at=now, step="", due_at=None)
    return made, command


def held(enrollment):
    return Enrollment.objects.locked().get(pk=enrollment.pk)


def test_a_revocation_cancels_what_runs_and_restores_the_device_now(running):
    enrollment, command = running
    now = LATER
    with transaction.atomic():
        lifecycle.revoke_consent(held(enrollment), revoked_at=now, source="device_app", now=now, by=BY)
    assert (again(command).status, again(command).error_code) == ("cancelled", "consent_revoked")
    assert again(command).step == "cancel"
    assert again(command.restore).status == "pending"
    assert again(command.restore).due_at <= now
    assert restoring.are_under_way(command.device, now=now)
    assert RevocationDuty.objects.exists()


def test_a_device_that_is_decommissioned_is_no_longer_commanded(running):
    enrollment, command = running
    with transaction.atomic():
        lifecycle.revoke(held(enrollment), reason="decommissioned", now=LATER, by=BY)
    assert (again(command).status, again(command).error_code) == ("cancelled", "decommissioned")


def test_nothing_more_is_issued_to_it(running):
    enrollment, _ = running
    now = LATER
    with transaction.atomic():
        lifecycle.revoke_consent(held(enrollment), revoked_at=now, source="device_app", now=now, by=BY)
    [refused] = issued(order(Device.objects.get(pk=enrollment.device_id), now=now), now=now)
    assert (refused.status, refused.error_code) == ("rejected", "not_cleared")
