"""The sign of life that workers leave in the database, and how old it may be.

Every task leaves one, so a long queue is no silence; where there is nothing to do, the supervisor asks for one.
"""

import os
import socket
from datetime import datetime, timedelta

from django.conf import settings

from texture_portal import clock, queue
from texture_portal.models import Heartbeat


def worker_name() -> str:
    """One name for all workers of a machine, unless WORKER_NAME says otherwise."""
    return (os.environ.get("WORKER_NAME") or socket.gethostname())[:40]


def ask() -> None:
    """Asks the workers, through the queue, for a sign of life. Raises `QueueAwayError`."""
    queue.put("texture_portal.heartbeat.beat")


def beat() -> None:
    name, now = worker_name(), clock.now()
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now})


def last(name: str | None = None) -> datetime | None:
    """When the workers called `name` last gave one; when any did, without a name."""
    rows = Heartbeat.objects.all() if name is None else Heartbeat.objects.filter(name=name)
    return rows.order_by("-beat_at").values_list("beat_at", flat=True).first()


def is_stale(beat_at: datetime | None, *, now: datetime) -> bool:
    return beat_at is None or now - beat_at > timedelta(seconds=settings.HEARTBEAT_STALE_SECONDS)
