"""What the database tells, asked when Prometheus asks: the same whichever process of whichever machine answers."""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import connection
from django.db.models import Sum
from prometheus_client.core import GaugeMetricFamily

from enrollments.models import Checkpoint, Tally
from texture_portal import queue, schedules, waiting, workshop
from texture_portal.models import Heartbeat

Figures = Iterator[GaugeMetricFamily]
TALLIES = {
    Tally.Of.STATE: ("enrollments", "Enrollments by state.", "state"),
    Tally.Of.FLEET: ("devices", "Devices by freshness.", "freshness"),
    Tally.Of.CONNECTION: ("connections", "Connections to clouds by status.", "status"),
}


def _queues(now: datetime) -> Figures:
    size = GaugeMetricFamily("texture_waiting", "Rows that wait to be done.", labels=["queue"])
    late = GaugeMetricFamily("texture_late", "Those of them that are due and not done.", labels=["queue"])
    for each in waiting.QUEUES:
        counted = each.counted(now=now)
        size.add_metric([each.name], counted["waiting"])
        late.add_metric([each.name], counted["late"])
    yield from (size, late)


def _jobs(now: datetime) -> Figures:
    overdue = GaugeMetricFamily("texture_job_overdue_seconds", "Since a job ought to have been woken.", labels=["job"])
    failing = GaugeMetricFamily("texture_job_failing", "1: a job's last run failed.", labels=["job"])
    for each in workshop.jobs_shown():
        failing.add_metric([each.job.kind], each.is_failing)
        if each.next_run:
            overdue.add_metric([each.job.kind], max(0.0, (now - each.next_run).total_seconds()))
    yield from (overdue, failing)
    yield GaugeMetricFamily("texture_jobs_unscheduled", "Jobs that nothing wakes.", value=len(schedules.missing()))


def _workers(now: datetime) -> Figures:
    age = GaugeMetricFamily("texture_worker_silent_seconds", "Since a worker's last sign of life.", labels=["worker"])
    for name, beat_at in Heartbeat.objects.values_list("name", "beat_at"):
        age.add_metric([name], (now - beat_at).total_seconds())
    yield age


def _tasks(now: datetime) -> Figures:
    try:
        tasks = queue.size()
    except queue.QueueAwayError:
        yield GaugeMetricFamily("texture_queue_up", "1: the queue answers.", value=0)
    else:
        yield GaugeMetricFamily("texture_queue_up", "1: the queue answers.", value=1)
        yield GaugeMetricFamily("texture_queue_tasks", "Tasks that no worker has taken yet.", value=tasks)


def _tallies(now: datetime) -> Figures:
    for of, (name, said, label) in TALLIES.items():
        family = GaugeMetricFamily(f"texture_{name}", f"{said} As the job `tallies` last counted.", labels=[label])
        for word, count in Tally.objects.filter(of=of).order_by().values_list("word").annotate(Sum("count")):
            family.add_metric([word], count)
        yield family


def _evidence(now: datetime) -> Figures:
    if signed_at := Checkpoint.objects.order_by("-number").values_list("at", flat=True).first():
        age = (now - signed_at).total_seconds()
        yield GaugeMetricFamily("texture_checkpoint_age_seconds", "Since the newest checkpoint was signed.", value=age)


def _database(now: datetime) -> Figures:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()), current_setting('max_connections')::int,"
            " (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
        )
        size, most, used = cursor.fetchone()
        cursor.execute(
            "SELECT application_name, extract(epoch FROM coalesce(replay_lag, '0')) FROM pg_stat_replication"
        )
        standbys = cursor.fetchall()
    yield GaugeMetricFamily("texture_database_bytes", "The database on its disk.", value=size)
    yield GaugeMetricFamily("texture_database_connections", "Connections of all clients.", value=used)
    yield GaugeMetricFamily("texture_database_connections_limit", "How many there may be.", value=most)
    lag = GaugeMetricFamily("texture_database_standby_lag_seconds", "How far a standby is behind.", labels=["standby"])
    for name, seconds in standbys:
        lag.add_metric([name], float(seconds))
    yield lag


FIGURES: tuple[Callable[[datetime], Figures], ...] = (
    _queues, _jobs, _workers, _tasks, _tallies, _evidence, _database,
)  # fmt: skip


def all_of_them(*, now: datetime) -> Figures:
    for each in FIGURES:
        yield from each(now)
