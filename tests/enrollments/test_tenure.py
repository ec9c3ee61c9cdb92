"""A device that changes hands keeps its row: what it told, and what was asked of it, stays with whoever had it then."""

from datetime import timedelta

import pytest

from devices.models import Command
from devices.telemetry import partitions
from enrollments.account.download import document
from enrollments.account.events import events_of, targets_of
from enrollments.account.story import story
from enrollments.deletion.person import person
from enrollments.models import Enrollment
from enrollments.tenure import Tenure, tenure
from programs.models import DispatchTarget
from tests.dispatch.conftest import a_program, fleet, scheduled
from tests.factories import NOW, active, commanded
from tests.selling import sold, told
from texture_portal.clock import to_wire

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOLD, BOUGHT = NOW + 3 * HOUR, NOW + 5 * HOUR
LATE, BEFORE, AFTER = NOW - HOUR, NOW + HOUR, BOUGHT + HOUR


@pytest.fixture
def owners(transactional_db):
    """Who had the device, and who has it; of each a reading and a command. One reading of before came late."""
    partitions.keep(now=NOW)
    first = active()
    told(first, LATE, BEFORE)
    command = commanded(first.device_id, now=BEFORE)
    second = sold(first, at=SOLD, bought_at=BOUGHT)
    told(second, AFTER)
    later = commanded(second.device_id, now=AFTER)
    assert (Command.objects.count(), command.pk != later.pk) == (2, True)
    return Enrollment.objects.get(pk=first.pk), second


def taken_away(enrollment):
    [customer] = document([enrollment.customer], now=AFTER + HOUR)["customers"]
    [taken] = customer["enrollments"]
    return taken


def moments(taken, of, name):
    return [each[name] for each in taken[of]]


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
    assert person(first.customer).devices_by_tenure == {Tenure(None, BOUGHT): [first.device_id]}
    assert person(second.customer).devices_by_tenure == {Tenure(BOUGHT, None): [first.device_id]}
