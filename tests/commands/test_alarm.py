"""Commands that were written ahead of their moment go out when it comes, not when the schedule next looks."""

from datetime import timedelta

import pytest
from django_q.models import OrmQ

from devices.commands.waking import wake_due
from tests.commands.conftest import batteries, issued, order
from texture_portal import clock, schedules, supervisor

pytestmark = pytest.mark.django_db(transaction=True)


def woken() -> set[str]:
    return {each.task["args"][0] for each in OrmQ.objects.all()}


@pytest.fixture
def ahead():
    """A command that starts in a minute; the queue is empty."""
    now = clock.now()
    [device] = batteries(1)
    [command] = issued(order(device, starts_at=now + timedelta(minutes=1), now=now))
    OrmQ.objects.all().delete()
    return command


def test_nobody_is_woken_before_the_moment_comes(ahead):
    assert not wake_due(now=ahead.starts_at - timedelta(seconds=1))
    assert woken() == set()


def test_its_workers_are_woken_when_it_comes(ahead):
    assert wake_due(now=ahead.starts_at)
    assert woken() == {"commands"}


def test_nobody_is_woken_for_what_is_over(ahead):
    assert not wake_due(now=ahead.expires_at)


def test_an_alarm_rings_again_only_after_a_while(monkeypatch):
    rang, seconds = [], [0.0]
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: seconds[0])
    watch = supervisor.AlarmWatch([schedules.Job("some", "", timedelta(minutes=1), alarm="builtins.bool")])
    watch.alarms["some"] = lambda *, now: rang.append(seconds[0]) or True
    for each in range(8):
        seconds[0] = each / 2
        watch.tend()
    assert rang == [0.0, 3.0]


def test_every_alarm_of_the_table_is_there(transactional_db):
    assert supervisor.AlarmWatch().alarms.keys() >= {"commands"}
