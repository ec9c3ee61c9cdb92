"""A device that changes hands keeps its row: what it told, and what was asked of it, stays with whoever had it then."""

from datetime import timedelta

import pytest
from django.db import transaction

from devices.models import Command
from devices.telemetry import partitions
from devices.telemetry.taking import Observed, take
from enrollments import lifecycle
from enrollments.account.download import document
from enrollments.account.events import events_of, targets_of
from enrollments.account.story import story
from enrollments.deletion.person import HandedOn, person
from enrollments.models import Enrollment
from enrollments.tenure import tenure
from programs.models import DispatchTarget
from tests.dispatch.conftest import a_program, fleet, scheduled
from tests.factories import NOW, active, commanded, consent_claim, device_claim, matched_to
from texture_portal import actors
from texture_portal.clock import to_wire

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOLD, BOUGHT = NOW + 3 * HOUR, NOW + 5 * HOUR
LATE, BEFORE, AFTER = NOW - HOUR, NOW + HOUR, BOUGHT + HOUR
BY = actors.system("tests")


@pytest.fixture
def owners(transactional_db):
    """Who had the device, and who has it; of each a reading and a command. One reading of before came late."""
    partitions.keep(now=NOW)
    first = active()
    _tell(first, LATE, BEFORE)
    command = commanded(first.device_id, now=BEFORE)
    with transaction.atomic():
        lifecycle.revoke(
            Enrollment.objects.locked().get(pk=first.pk), reason="ownership_transferred", now=SOLD, by=BY
        )  # fmt: skip
    claim = device_claim(
        manufacturer_device_id=first.device.manufacturer_device_id, serial_number=first.device.serial_number
    )
    second = active(
        partner=first.partner, device=claim, finding=matched_to(first.site.utility), now=BOUGHT,
        consent=consent_claim(granted_at=BOUGHT),
    )  # fmt: skip
    _tell(second, AFTER)
    later = commanded(second.device_id, now=AFTER)
    assert (second.device_id, Command.objects.count(), command.pk != later.pk) == (first.device_id, 2, True)
    return Enrollment.objects.get(pk=first.pk), second


def _tell(enrollment, *moments):
    told = [Observed(enrollment.device.manufacturer_device_id, each, {"chargePercentage": 50}) for each in moments]
    assert take(enrollment.partner, told, now=moments[-1]).accepted == len(moments)


def taken_away(enrollment):
    [customer] = document([enrollment.customer], now=AFTER + HOUR)["customers"]
    [told] = customer["enrollments"]
    return told


def moments(told, of, name):
    return [each[name] for each in told[of]]


def test_each_owner_takes_their_own_time_away(owners):
    first, second = map(taken_away, owners)
    assert moments(first, "readings", "observedAt") == [to_wire(LATE), to_wire(BEFORE)]
    assert moments(second, "readings", "observedAt") == [to_wire(AFTER)]
    assert moments(first, "commands", "requestedAt") == [to_wire(BEFORE)]
    assert moments(second, "commands", "requestedAt") == [to_wire(AFTER)]
    assert moments(first, "participations", "joinedAt") == [to_wire(NOW)]
    assert moments(second, "participations", "joinedAt") == [to_wire(BOUGHT)]


def test_the_story_ends_where_the_next_owners_begins(owners):
    first, second = map(story, owners)
    assert {entry.at for entry in first} <= {NOW, NOW + timedelta(minutes=5), BEFORE, SOLD}
    assert BEFORE in {entry.at for entry in first}, "the order"
    assert AFTER in {entry.at for entry in second}
    assert min(entry.at for entry in second) == BOUGHT


def test_the_next_owners_events_are_neither_shown_nor_sat_out_by_the_former(owners):
    first, second = owners
    program = a_program()
    fleet(program, now=AFTER)
    event = scheduled(program, now=AFTER)
    DispatchTarget.objects.create(event=event, device=second.device, outcome="left_out", reason="x")
    assert not events_of(first)
    assert not targets_of(first)
    assert [each.id for each in events_of(second)] == [event.pk]


def test_deletion_goes_by_the_same_tenure(owners):
    first, second = owners
    assert (tenure(first).until, tenure(second).since, tenure(second).until) == (BOUGHT, BOUGHT, None)
    assert person(first.customer).handed_on == (HandedOn(first.device_id, BOUGHT),)
    assert person(second.customer).handed_on == ()
