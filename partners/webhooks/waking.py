"""Waking a worker for the outbox, but not one for each message: while some worker is at it, it sees what comes."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from texture_portal import jobs

KIND = "webhooks"  # of the job
AWAKE = 0x7765_6268_6F6F_6B73  # the number of an advisory lock that every worker at it shares


def wake() -> None:
    """As soon as the present transaction commits, once for all that it tells: a batch's tells of fifty enrollments."""
    if not any(each[1] is _wake_unless_awake for each in connection.run_on_commit):
        transaction.on_commit(_wake_unless_awake, robust=True)  # what is committed stands; the schedule finds it


@contextmanager
def awake() -> Iterator[None]:
    """Whoever leaves it has to look once more: what was written meanwhile may have counted on it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", [AWAKE])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [AWAKE])


def _wake_unless_awake() -> None:
    """The lock is had for an instant only where no worker shares it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [AWAKE])
        [is_nobody_awake] = cursor.fetchone()
    if is_nobody_awake:
        jobs.wake(KIND)
