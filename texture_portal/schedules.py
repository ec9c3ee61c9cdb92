"""Every recurring job in one table. The rows of each app are its work; a job is the function that works them off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django_q.models import Schedule

DRAIN = "texture_portal.jobs.drain"
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Job:
    """`path` names a function `(*, now: datetime) -> int` that works off a batch of rows and returns how many;
    it is called again until it returns 0. `every` is a whole number of minutes. Rows that must not wait for so long
    once their moment has come have an `alarm`: a function `(*, now: datetime) -> bool` that wakes a worker for them,
    and says whether there were any.
    """

    kind: str
    path: str
    every: timedelta
    alarm: str = ""

    def __post_init__(self) -> None:
        if self.every < MINUTE or self.every % MINUTE:
            raise ValueError(f"job {self.kind!r}: `every` must be a whole number of minutes")


JOBS = (
    Job("geocoding", "enrollments.tasks.retry_deferred_geocodes", every=MINUTE),
    Job("events", "enrollments.events.work.process_waiting", every=MINUTE),
    Job("revocations", "enrollments.duties.carry_out", every=MINUTE),
    Job("transfers", "enrollments.tasks.end_undecided_transfers", every=MINUTE),
    Job("signs", "enrollments.tasks.answer_signs", every=MINUTE),
    Job("connectivity", "enrollments.tasks.follow_connectivity", every=5 * MINUTE),
    Job("consent_age", "enrollments.tasks.age_consents", every=timedelta(hours=1)),
    Job("advance", "enrollments.tasks.advance_waiting", every=MINUTE),
    Job("escalation", "enrollments.tasks.escalate_cases", every=5 * MINUTE),
    Job("tallies", "enrollments.tallies.take", every=5 * MINUTE),
    Job("checkpoint", "enrollments.tasks.sign_checkpoint", every=timedelta(hours=1)),
    Job("imports", "enrollments.imports.work.work_off", every=MINUTE),
    Job("purge_imports", "enrollments.imports.work.erase_old", every=timedelta(hours=6)),
    Job("reading_days", "devices.telemetry.partitions.keep", every=timedelta(hours=1)),
    Job("rollups", "devices.telemetry.rollups.roll_up", every=MINUTE),
    Job("polling", "devices.polling.tasks.poll_due", every=MINUTE),
    Job("commands", "devices.commands.tasks.work_off", every=MINUTE, alarm="devices.commands.waking.wake_due"),
    Job("portfolio_sizes", "devices.portfolios.sizes.count", every=timedelta(hours=1)),
    Job("command_calls", "devices.commands.sending.pulling.tasks.call_due", every=MINUTE),
    Job("history", "devices.polling.tasks.poll_history", every=MINUTE),
    Job("purge_refusals", "devices.telemetry.refusing.purge", every=timedelta(hours=6)),
    Job("purge_call_log", "devices.polling.tasks.purge_call_log", every=timedelta(hours=6)),
    Job("dispatch", "programs.dispatch.work.work_off", every=MINUTE),
    Job("webhooks", "partners.tasks.deliver_webhooks", every=MINUTE),
    Job("purge_webhooks", "partners.tasks.purge_webhooks", every=timedelta(hours=6)),
    Job("purge_idempotency", "partners.tasks.purge_idempotency_records", every=timedelta(hours=1)),
    Job("purge_refused_requests", "partners.refusal_log.purge", every=timedelta(hours=6)),
    Job("purge_tokens", "partners.tasks.purge_tokens", every=timedelta(hours=6)),
    Job("link_sessions", "enrollments.linking.sessions.work_off", every=MINUTE),
    Job("sign_in_links", "enrollments.account.by_email.send_due", every=MINUTE),
    Job("deletions", "enrollments.deletion.work.work_off", every=MINUTE),
    Job("deprovisionings", "enrollments.deprovisioning.work.work_off", every=MINUTE),
    Job("purge_facts", "enrollments.deletion.retention.purge", every=timedelta(hours=6)),
    Job("connections", "devices.connections.ending.end_due", every=MINUTE),
    Job("portfolios", "devices.portfolios.revoking.work_off", every=MINUTE),
    Job("suspended_portfolios", "devices.portfolios.suspending.work_off", every=MINUTE),
    Job("purge_grant_requests", "devices.connections.grants.purge", every=timedelta(hours=6)),
    Job("scorecards", "enrollments.scorecards.keeping.keep", every=timedelta(hours=1)),
    Job("certification", "enrollments.certification.work.work_off", every=MINUTE),
    Job("purge_places", "territories.tasks.purge_known_places", every=timedelta(hours=6)),
    Job("status", "texture_portal.status.keeping.watch", every=MINUTE),
    Job("purge_status", "texture_portal.status.keeping.purge", every=timedelta(hours=6)),
    Job("keys", "texture_portal.keys.write_down", every=5 * MINUTE),
    Job("purge_sessions", "texture_portal.login.open_sessions.purge", every=timedelta(hours=1)),
    Job("purge_gates", "texture_portal.gates.purge", every=timedelta(hours=1)),
    Job("purge_failures", "texture_portal.jobs.purge_failures", every=timedelta(hours=6)),
)


def job(kind: str) -> Job:
    for each in JOBS:
        if each.kind == kind:
            return each
    raise LookupError(f"there is no job {kind!r} in texture_portal.schedules.JOBS")


def install(jobs: Sequence[Job] = JOBS) -> None:
    """Makes django-q2's schedule equal to `jobs`: a row edited by hand could stop every other one."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {Schedule._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
        Schedule.objects.exclude(pk__in=[row.pk for row in _right_rows(jobs)]).delete()
        present = set(Schedule.objects.values_list("name", flat=True))
        Schedule.objects.bulk_create(Schedule(**_columns(each)) for each in jobs if each.kind not in present)


def is_the_table(jobs: Sequence[Job] = JOBS) -> bool:
    rows: int = Schedule.objects.count()
    return rows == len(jobs) == len(_right_rows(jobs))


def missing(jobs: Sequence[Job] = JOBS) -> list[str]:
    """The kinds that are not scheduled as the table says."""
    present = {row.name for row in _right_rows(jobs)}
    return [each.kind for each in jobs if each.kind not in present]


def _right_rows(jobs: Sequence[Job]) -> list[Schedule]:
    """One row for each job that is scheduled exactly as the table says."""
    found = {}
    for each in jobs:
        if row := Schedule.objects.filter(**_columns(each), next_run__isnull=False).order_by("pk").first():
            found[each.kind] = row
    return list(found.values())


def _columns(job: Job) -> dict[str, object]:
    return {
        "name": job.kind,
        "func": DRAIN,
        "args": repr(job.kind),
        "kwargs": None,
        "hook": None,
        "schedule_type": Schedule.MINUTES,
        "minutes": job.every // MINUTE,
        "repeats": -1,
        "cron": None,
        "cluster": None,
        "intended_date_kwarg": None,
    }
