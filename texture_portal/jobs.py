"""Waking workers. Rows are the work, written in the transaction of their cause; a task only wakes a worker.

Nothing is lost with a task: the schedule wakes every kind again (`texture_portal.schedules`).
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import OperationalError, transaction
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string
from django_q.models import Failure

from texture_portal import clock, heartbeat, queue, schedules, underway
from texture_portal.actors import system
from texture_portal.traces import trace_of

SLICE_SECONDS = 40  # well under the task's time-out (settings.Q_CLUSTER): a longer backlog is another task's
BATCH_SECONDS = 5  # a batch of slow rows (a geocoder, an OEM's cloud) ends early: its task must not be killed over it
FAILURES_KEPT = timedelta(days=14)

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")


def wake(kind: str) -> None:
    """Has a worker drain this kind of rows as soon as the present transaction commits."""
    schedules.job(kind)
    # Robust: what is committed stands even where the queue is away; the schedule finds the rows.
    transaction.on_commit(lambda: queue.put(schedules.DRAIN, kind, group=kind), robust=True)  # grouped as it does


class JobFailedError(Exception):
    """Carries the trace without values: the queue keeps what a task raises, and shows it to administrators."""


def drain(kind: str) -> None:
    """Works off every row of this kind, or as many as fit into a slice of time; what is left is the next task's."""
    try:
        with underway.begun(actor=underway.named(system(kind))):
            _drain(kind)
    except Exception as failure:
        raise JobFailedError(trace_of(failure)) from None


def _drain(kind: str) -> None:
    work_off = import_string(schedules.job(kind).path)
    slice_ends = time.monotonic() + SLICE_SECONDS
    heartbeat.beat()
    while work_off(now=clock.now()):
        heartbeat.beat()
        if time.monotonic() > slice_ends:
            wake(kind)
            return


def claim(rows: "QuerySet[Row]", *, limit: int) -> list[Row]:
    """Up to `limit` rows that no other worker holds, locked until the present transaction ends."""
    return list(rows.select_for_update(skip_locked=True, of=("self",))[:limit])


def one_by_one(rows: Iterable[Item], act: Callable[[Item], None], *, named: Callable[[Item], str]) -> int:
    """Does each, and returns how many it did: once the batch's time is up, what is left is the next one's.

    One that fails stops no other. What failed is told of by an ExceptionGroup once the others are done; `named` says
    which row it was.
    """
    count, faults = 0, []
    batch_ends = time.monotonic() + BATCH_SECONDS
    for row in rows:
        count += 1
        try:
            act(row)
        except OperationalError:  # the database's fault, not this row's
            raise
        except Exception as fault:
            fault.add_note(named(row))
            faults.append(fault)
        if time.monotonic() > batch_ends:
            break  # before the next one is claimed
    if faults:
        raise ExceptionGroup(f"{len(faults)} of {count} rows could not be worked off", faults)
    return count


def purge_failures(*, now: datetime) -> int:
    Failure.objects.filter(stopped__lt=now - FAILURES_KEPT).delete()
    return 0
