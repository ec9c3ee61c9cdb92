"""The door to the queue: what wakes a worker, how long it works, and a schedule that is the table's."""

import logging
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils.module_loading import import_string
from django_q.models import Failure, OrmQ, Schedule

from tests.waiting import PATIENCE
from texture_portal import jobs, schedules
from texture_portal.models import Heartbeat
from texture_portal.schedules import DRAIN, JOBS, MINUTE, Job

pytestmark = pytest.mark.django_db

calls: list[datetime] = []
batches: list[int] = []


def work_off(*, now: datetime) -> int:
    calls.append(now)
    return batches.pop(0)


def poison(*, now: datetime) -> int:
    raise RuntimeError("poison")


@pytest.fixture(autouse=True)
def _jobs(monkeypatch):
    calls.clear()
    batches.clear()
    table = (Job("rows", f"{__name__}.work_off", every=MINUTE), Job("poison", f"{__name__}.poison", every=MINUTE))
    monkeypatch.setattr(schedules, "JOBS", table)


def queued() -> list[tuple[str, tuple[object, ...]]]:
    tasks = [each.task for each in OrmQ.objects.order_by("id")]
    return [(task["func"], task["args"]) for task in tasks]


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_woken_after_the_commit_and_told_the_kind_alone():
    with transaction.atomic():
        jobs.wake("rows")
        assert queued() == []
    assert queued() == [(DRAIN, ("rows",))]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_wakes_nobody():
    with transaction.atomic():
        jobs.wake("rows")
        transaction.set_rollback(True)
    assert queued() == []


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_stands_where_the_queue_is_away(caplog):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_q_ormq RENAME TO away")
    try:
        with caplog.at_level(logging.ERROR), transaction.atomic():
            Heartbeat.objects.create(name="kept", beat_at=datetime.now(UTC))
            jobs.wake("rows")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO django_q_ormq")
    assert Heartbeat.objects.filter(name="kept").exists()
    assert "django_q_ormq" in caplog.text


def test_an_unknown_kind_is_refused_where_it_is_named():
    with pytest.raises(LookupError, match="nonsense"):
        jobs.wake("nonsense")


def test_rows_are_worked_off_until_none_is_left():
    batches.extend([100, 100, 7, 0])
    jobs.drain("rows")
    assert len(calls) == 4
    assert all(now.tzinfo is UTC for now in calls)
    assert Heartbeat.objects.count() == 1


def test_a_long_backlog_is_left_to_the_next_task(monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(jobs, "SLICE_SECONDS", -1)
    batches.extend([100, 100, 0])
    with django_capture_on_commit_callbacks(execute=True):
        jobs.drain("rows")
    assert len(calls) == 1
    assert queued() == [(DRAIN, ("rows",))]


def test_poison_is_told_to_the_queue_which_keeps_it_with_its_traceback():
    with pytest.raises(jobs.JobFailedError, match=r"builtins\.RuntimeError") as told:
        jobs.drain("poison")
    assert "in poison" in str(told.value)
    assert told.value.__cause__ is None


def test_old_failures_are_forgotten():
    now = datetime.now(UTC)
    for name, age in (("old", 15), ("new", 13)):
        stopped = now - timedelta(days=age)
        Failure.objects.create(id=name, name=name, func=DRAIN, started=stopped, stopped=stopped, success=False)
    assert jobs.purge_failures(now=now) == 0
    assert list(Failure.objects.values_list("name", flat=True)) == ["new"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_claim_one_row():
    for name in "abc":
        Heartbeat.objects.create(name=name, beat_at=datetime.now(UTC))
    theirs: list[str] = []

    def other_worker() -> None:
        with transaction.atomic():
            theirs.extend(row.name for row in jobs.claim(Heartbeat.objects.order_by("name"), limit=5))
        connection.close()

    with transaction.atomic():
        ours = [row.name for row in jobs.claim(Heartbeat.objects.order_by("name"), limit=2)]
        thread = threading.Thread(target=other_worker)
        thread.start()
        thread.join(PATIENCE)
    assert (ours, theirs) == (["a", "b"], ["c"])


def scheduled() -> set[tuple[str, str, str, int]]:
    return set(Schedule.objects.values_list("name", "func", "args", "minutes"))


def test_the_schedule_becomes_the_table_and_stays_it():
    table = (Job("rows", "a.b", every=MINUTE), Job("hourly", "c.d", every=60 * MINUTE))
    schedules.install(table)
    first = list(Schedule.objects.order_by("id").values())
    schedules.install(table)
    assert list(Schedule.objects.order_by("id").values()) == first
    assert scheduled() == {("rows", DRAIN, "'rows'", 1), ("hourly", DRAIN, "'hourly'", 60)}
    assert schedules.missing(table) == []


@pytest.mark.parametrize(
    "change",
    [{"args": "not python("}, {"func": "os.abort"}, {"minutes": 7}, {"repeats": 0}, {"next_run": None}, {"hook": "x"}],
)
def test_a_schedule_changed_by_hand_is_noticed_and_mended(change):
    table = (Job("rows", "a.b", every=MINUTE),)
    schedules.install(table)
    Schedule.objects.filter(name="rows").update(**change)
    assert schedules.missing(table) == ["rows"]
    schedules.install(table)
    assert schedules.missing(table) == []
    assert Schedule.objects.count() == 1


def test_what_is_not_in_the_table_is_not_scheduled():
    schedules.install((Job("rows", "a.b", every=MINUTE), Job("gone", "c.d", every=MINUTE)))
    Schedule.objects.create(name=None, func="os.abort", args="not python(")
    table = (Job("rows", "a.b", every=MINUTE),)
    schedules.install(table)
    assert [name for name, *_ in scheduled()] == ["rows"]


@pytest.mark.parametrize("every", [timedelta(seconds=30), timedelta(seconds=90), timedelta()])
def test_a_job_comes_every_so_many_minutes(every):
    with pytest.raises(ValueError, match="whole number of minutes"):
        Job("rows", "a.b", every=every)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.kind)
def test_every_job_of_the_table_runs_where_there_is_nothing_to_do(job):
    assert import_string(job.path)(now=datetime.now(UTC)) == 0


def test_a_batch_of_slow_rows_ends_in_time_and_claims_no_more_than_it_does(monkeypatch):
    monkeypatch.setattr(jobs, "BATCH_SECONDS", 0.05)
    claimed, done = iter(range(100)), []

    def slow(number: int) -> None:
        time.sleep(0.03)
        done.append(number)

    assert jobs.one_by_one(claimed, slow, named=str) == len(done) < 100
    assert next(claimed) == len(done)
