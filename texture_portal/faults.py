"""What keeps the portal from its work, a few quick questions: asked every few seconds, and by `manage.py doctor`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django_q.models import Schedule

from texture_portal import clock, heartbeat, queue, schedules

# A schedule is looked at every half a minute: one that is so late is looked at by nobody, though workers may live.
LATE_AFTER = timedelta(minutes=5)


def found(*, now: datetime) -> dict[str, str]:
    """What is wrong, by what it is wrong with; nothing where all is well. Raises `DatabaseError`."""
    return {name: said for name, look in LOOKS.items() if (said := look(now))}


def migrations_waiting() -> list[str]:
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(migrations_of_the_code() - {f"{app}.{name}" for app, name in applied})


def _migrations(now: datetime) -> str:
    waiting = migrations_waiting()
    return f"not applied: {', '.join(waiting)}" if waiting else ""


def _queue(now: datetime) -> str:
    try:
        queue.size()
    except queue.QueueAwayError:
        return "does not answer"
    return ""


def _workers(now: datetime) -> str:
    beat_at = heartbeat.last()
    if not heartbeat.is_stale(beat_at, now=now):
        return ""
    return f"last sign of life: {clock.to_wire(beat_at) if beat_at else 'never'}"


def _schedules(now: datetime) -> str:
    if missing := schedules.missing():
        return f"not scheduled: {', '.join(missing)}"
    first = Schedule.objects.order_by("next_run").values_list("next_run", flat=True).first()
    return f"nothing is woken since {clock.to_wire(first)}" if first and now - first > LATE_AFTER else ""


LOOKS: dict[str, Callable[[datetime], str]] = {
    "migrations": _migrations,
    "queue": _queue,
    "workers": _workers,
    "schedules": _schedules,
}


@cache
def migrations_of_the_code() -> frozenset[str]:
    """Read from the files, once: a running process keeps the code that it began with."""
    return frozenset(f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations)
