"""Recurring work on partners' clouds."""

from datetime import datetime

from devices.models import Poll
from devices.polling import call_log, claiming, discovery, history, known
from devices.polling.driving import Drive
from texture_portal import jobs

KIND = "polling"
HISTORY_SECONDS = 20.0  # a call for history may take thirty more, and a task sixty in all


def poll_due(*, now: datetime) -> int:
    """States and lists that are due. Rows that are due after its time are another task's."""
    discovery.begin(now=now)
    known.link_enrolled(now=now)
    Drive(now).run()
    if claiming.clouds_with_something_due(kinds=claiming.STATES, now=now):
        jobs.wake(KIND)
    return 0


def poll_history(*, now: datetime) -> int:
    """What was asked for of the past and did not come yet (`manage.py backfill`); states go first."""
    Drive(now, kinds=(Poll.Kind.HISTORY,), open_for=HISTORY_SECONDS).run()
    return 0


def purge_call_log(*, now: datetime) -> int:
    """And what was asked for of the past, long after it came."""
    return call_log.purge(now=now) + history.purge(now=now)
