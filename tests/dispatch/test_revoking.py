"""A customer revokes in the middle of an event: the device is stopped and brought back in that very transaction."""

from datetime import timedelta

import pytest
from django.db import transaction

from devices.commands.states import Status
from devices.models import Command, Device
from enrollments import lifecycle
from enrollments.models import Enrollment
from programs.models import Program
from tests.dispatch.conftest import (
    BY,
    COMMANDS,
    RATINGS,
    STATES,
    again,
    answer,
    restores,
    scheduled,
    targets,
    tell,
    work_off,
)
from tests.factories import NOW, active, device_claim

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
NOW = NOW + timedelta(hours=1)


def enrolled_battery():
    return active(device=device_claim(commands=tuple(COMMANDS["battery"]), ratings=RATINGS["battery"]))


def revoke(enrollment, *, now):
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=enrollment.pk)
        lifecycle.revoke_consent(held, revoked_at=now, source="device_app", now=now, by=BY)


def an_event(enrollment):
    device = Device.objects.get(pk=enrollment.device_id)
    program = Program.objects.get(participations__device=device)
    tell([device], STATES["battery"], now=NOW)
    return device, scheduled(program, now=NOW)


@pytest.mark.parametrize("told", [Status.ACCEPTED, Status.COMPLETE])
def test_a_device_that_acts_is_brought_back_at_once(told):
    enrollment = enrolled_battery()
    device, event = an_event(enrollment)
    work_off(event.starts_at)
    answer(event, told, now=event.starts_at)
    now = event.starts_at + 10 * MINUTE
    revoke(enrollment, now=now)
    assert restores(event).get().due_at <= now  # a minute is what the contract gives
    target = targets(event)[device.pk]
    assert (target.outcome, target.reason) == ("withdrawn", "consent_revoked")
    answer(event, Status.COMPLETE, now=now, restores=True)
    work_off(now)
    assert again(target).restore == "restored"


def test_a_device_that_waits_for_its_turn_is_never_told():
    enrollment = enrolled_battery()
    device, event = an_event(enrollment)
    revoke(enrollment, now=NOW + MINUTE)
    work_off(event.starts_at)
    assert targets(event)[device.pk].outcome == "withdrawn"
    assert not Command.objects.exists()
