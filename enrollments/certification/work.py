"""The job behind certification: runs are the rows, and each call tries one requirement."""

from collections.abc import Sequence
from datetime import datetime

from devices.certification import runs, suite
from devices.certification.trying import Suite
from enrollments.certification.suite import of_records
from texture_portal import jobs


def suites() -> Sequence[Suite]:
    return (suite.of_clouds(), of_records())


def work_off(*, now: datetime) -> int:
    """One requirement of the run that waits longest: it may take a good part of a task's time, so the next is the next
    task's."""
    run = runs.claim(now=now)
    if run is not None:
        is_more = runs.work_on(run, suites(), now=now)
        runs.let_go(run)
        if is_more:
            jobs.wake(runs.KIND)
    return 0
