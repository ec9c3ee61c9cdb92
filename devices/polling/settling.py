"""Writing down how rows went: when each is due next, and with what it was asked last."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from devices.connectors.pull.faults import Fault
from devices.models import Poll
from devices.polling import discovery
from devices.polling.spreading import after_failure, next_slot, next_turn

MOST_FAULTS = 10
OK = "ok"

# Only the latest claim of a row may say how it went. What is left alone stays so; all rows are held in one order, as
# whoever wakes a connection's holds them.
SETTLE = """
WITH result AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%s::jsonb) AS result (
        id bigint, claims int, due_at timestamptz, failures int, asked_at timestamptz, succeeded_at timestamptz,
        outcome text, faults jsonb, covers_from timestamptz, is_at_rest boolean
    )
), held AS MATERIALIZED (
    SELECT id FROM devices_poll WHERE id IN (SELECT id FROM result) ORDER BY id FOR NO KEY UPDATE
)
UPDATE devices_poll poll
SET due_at = result.due_at, claimed_until = NULL, failures = result.failures, asked_at = result.asked_at,
    succeeded_at = coalesce(result.succeeded_at, poll.succeeded_at), outcome = result.outcome,
    faults = ARRAY(SELECT jsonb_array_elements_text(result.faults)),
    covers_from = coalesce(result.covers_from, poll.covers_from),
    is_left_alone = result.due_at IS NOT NULL AND (poll.is_left_alone OR result.is_at_rest)
FROM result JOIN held ON held.id = result.id
WHERE poll.id = result.id AND poll.claims = result.claims
"""


@dataclass(frozen=True, slots=True)
class Settled:
    """`wait`: the cloud wants to be left alone so long, which is no failure. `covered_to`: of history.

    `is_idle`: there is nobody to ask for. `is_at_rest`: there is, once the device whose history it is is awake.
    """

    poll: Poll
    outcome: str
    every: timedelta
    faults: list[Fault] = field(default_factory=list)
    wait: timedelta | None = None
    covered_to: datetime | None = None
    is_idle: bool = False
    is_at_rest: bool = False


def settle(results: Iterable[Settled], *, now: datetime) -> None:
    rows = [_row(result, now=now) for result in results]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(SETTLE, [json.dumps(rows, default=str)])


def every(poll: Poll, *, polled_every: timedelta) -> timedelta:
    if poll.kind == Poll.Kind.DISCOVERY:
        return discovery.EVERY_STEP if poll.step else discovery.EVERY
    return polled_every


def _row(result: Settled, *, now: datetime) -> dict[str, object]:
    poll, is_ok = result.poll, result.outcome == OK
    failures = 0 if is_ok else poll.failures + (result.wait is None and not result.is_at_rest)
    told = dict.fromkeys(f"{fault.at}: {fault.code}"[:200] for fault in result.faults)
    return {
        "id": poll.pk,
        "claims": poll.claims,
        "due_at": _due_at(result, failures=failures, now=now),
        "failures": failures,
        "asked_at": now,
        "succeeded_at": now if is_ok else None,
        "outcome": result.outcome,
        "faults": list(told)[:MOST_FAULTS],
        "covers_from": result.covered_to,
        "is_at_rest": result.is_at_rest,
    }


def _due_at(result: Settled, *, failures: int, now: datetime) -> datetime | None:
    poll = result.poll
    if result.is_idle:
        return None
    if result.is_at_rest or result.wait == timedelta():
        return now
    if result.wait is not None:
        return next_slot(str(poll.pk), every=result.every / 10, after=now + result.wait)
    if result.outcome != OK:
        return after_failure(str(poll.pk), every=result.every, failures=failures, now=now)
    if poll.kind == Poll.Kind.HISTORY:
        return None if poll.covers_to is None or (result.covered_to or now) >= poll.covers_to else now
    return next_turn(str(poll.pk), every=result.every, after=now)
