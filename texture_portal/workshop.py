"""What the jobs are doing, from the schedule, the heartbeats and the failures that the queue keeps."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from django_q.models import Failure, Schedule

from texture_portal import heartbeat
from texture_portal.models import Heartbeat
from texture_portal.schedules import JOBS, Job

SHOWN_FAILURES = 20


@dataclass(frozen=True, slots=True)
class JobShown:
    """`woken_at` is when the schedule last woke it: the queue keeps failures only, so nothing since is a success."""

    job: Job
    next_run: datetime | None
    woken_at: datetime | None
    failed_at: datetime | None

    @property
    def is_failing(self) -> bool:
        return self.failed_at is not None and (self.woken_at is None or self.failed_at >= self.woken_at)


def jobs_shown() -> list[JobShown]:
    next_runs = dict(Schedule.objects.values_list("name", "next_run"))
    failed = dict(Failure.objects.order_by().values_list("group").annotate(Max("stopped")))
    return [_shown(each, next_runs.get(each.kind), failed.get(each.kind)) for each in JOBS]


def _shown(job: Job, next_run: datetime | None, failed_at: datetime | None) -> JobShown:
    return JobShown(job, next_run, next_run - job.every if next_run else None, failed_at)


def failures() -> list[Failure]:
    """The newest, without their arguments, which are pickles."""
    return list(Failure.objects.defer("args", "kwargs").order_by("-stopped")[:SHOWN_FAILURES])


def silent_workers(*, now: datetime) -> list[str]:
    return [each.name for each in Heartbeat.objects.all() if heartbeat.is_stale(each.beat_at, now=now)]
