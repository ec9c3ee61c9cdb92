"""Workers killed in the middle of an event: everybody is told once, brought back once, and known at the end."""

import os
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection

from devices.commands.states import Status
from devices.models import Command
from programs.dispatch import scheduling
from tests.databases import url_of_database
from tests.dispatch.conftest import (
    BY,
    a_program,
    again,
    answer,
    fleet,
    orders,
    outcomes,
    restores,
    scheduled,
    wanted,
    work_off,
)
from tests.waiting import wait_for
from texture_portal import clock

pytestmark = pytest.mark.django_db(transaction=True)
DEVICES = 40


@contextmanager
def worker(now):
    """That is killed at the end of the block, wherever it is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.dispatch.worker", now.isoformat()],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url_of_database(connection.settings_dict["NAME"])},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def killed_at(now, *conditions):
    """A worker for each condition, killed as soon as that is true."""
    for condition in conditions:
        with worker(now) as process:
            wait_for(lambda: condition() or process.poll() is not None)  # noqa: B023 - called at once
            assert process.poll() is None


def counted(rows, least):
    return lambda: rows().count() >= least


def test_workers_killed_at_any_stage_of_an_event_lose_nobody_and_tell_nobody_twice():
    program, now = a_program(), clock.now()
    devices = {each.pk for each in fleet(program, DEVICES)}
    event = scheduling.draft(program, wanted(now=now), reason="x", now=now, by=BY)
    killed_at(now, counted(event.targets.all, 3))
    work_off(now)
    assert set(outcomes(event)) == devices
    event = scheduling.schedule(again(event), reason="x", now=now, by=BY)

    killed_at(event.starts_at, *(counted(lambda: orders(event), each) for each in (1, 20)))
    work_off(event.starts_at)
    assert Counter(orders(event).values_list("device", flat=True)) == dict.fromkeys(devices, 1)
    assert Counter(restores(event).values_list("device", flat=True)) == dict.fromkeys(devices, 1)
    assert set(outcomes(event).values()) == {"asked"}

    answer(event, Status.COMPLETE, now=event.starts_at)
    work_off(event.ends_at)
    answer(event, Status.COMPLETE, now=event.ends_at, restores=True)
    killed_at(event.ends_at, counted(lambda: event.targets.filter(outcome="took_part"), 4))
    work_off(event.ends_at)
    assert again(event).status == "finished"
    assert {(each.outcome, each.restore) for each in event.targets.all()} == {("took_part", "restored")}


def test_a_worker_killed_while_it_stops_a_cancelled_event_leaves_nobody_running():
    program, now = a_program(), clock.now()
    fleet(program, DEVICES)
    event = scheduled(program, now=now)
    work_off(event.starts_at)
    answer(event, Status.COMPLETE, now=event.starts_at)
    scheduling.cancel(event, reason="Off.", now=event.starts_at, by=BY)
    killed_at(event.starts_at, counted(lambda: event.targets.filter(outcome="cancelled"), 2))
    work_off(event.starts_at)
    assert set(restores(event).values_list("due_at", flat=True)) == {event.starts_at}
    answer(event, Status.COMPLETE, now=event.starts_at, restores=True)
    work_off(event.starts_at)
    assert again(event).status == "cancelled"
    assert {(each.outcome, each.restore) for each in event.targets.all()} == {("cancelled", "restored")}
    assert Command.objects.filter(event_id=event.pk).count() == 2 * DEVICES
