"""The job that makes the calls of commands."""

import time
from datetime import datetime, timedelta

from django.db.models import Min

from devices.commands.sending.pulling.desk import CommandDesk
from devices.commands.waking import CALLS
from devices.models import Command
from devices.polling.driving import Drive

SECONDS = 30.0  # with what is under way then, under a task's time-out
PATIENCE = timedelta(seconds=2)  # what is due sooner is waited for: statuses are asked after a second
PAUSE = 0.1


def call_due(*, now: datetime) -> int:
    """Until nothing is due soon, or its time is up."""
    began = time.monotonic()

    def present() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    with CALLS.kept():
        while (left := SECONDS - (time.monotonic() - began)) > 0:
            Drive(present(), desk_of=CommandDesk, open_for=left).run()
            due_at = _next_due_at()
            if due_at is None or due_at > present() + PATIENCE:
                break
            time.sleep(PAUSE)
    return 0


def _next_due_at() -> datetime | None:
    waiting = Command.objects.filter(way=Command.Way.PULL, device__connection__status="active").exclude(step="")
    found: datetime | None = waiting.aggregate(at=Min("due_at"))["at"]
    return found
