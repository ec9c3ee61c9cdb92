"""Many new enrollments at once: those that meet nothing of each other's share a transaction, and its statements.

Each stands or falls alone all the same: what cannot be done with the others is done by itself.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, transaction

from enrollments import duplicates
from enrollments.answers import Enrolling
from enrollments.placement import programs_read_once
from partners import answers, idempotency, problems
from partners.answers import StoredAnswer
from partners.calls import Call
from partners.failures import refusal_of_failure
from programs.models import Participation
from texture_portal.holding import hold
from texture_portal.refusals import Refusal
from texture_portal.traces import trace_of
from texture_portal.writing import insert

log = logging.getLogger(__name__)
MOST_TOGETHER = 50  # what a wave holds, nobody else can touch meanwhile
Outcome = StoredAnswer | Refusal


@dataclass(frozen=True, slots=True)
class Item:
    """One enrollment to be done, and the key under which its answer is kept."""

    key: idempotency.Key
    enroll: Enrolling

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.enroll.names, self.key.name)


def enroll_all(items: dict[int, Item], *, call: Call) -> dict[int, Outcome]:
    """The outcome of each, by its place; of those of one device or customer, the earlier place goes first."""
    outcomes: dict[int, Outcome] = {}
    for wave in waves([(place, item.names) for place, item in items.items()]):
        together = _together({place: items[place] for place in wave}, call=call)
        outcomes |= together | {place: _alone(items[place], call=call) for place in wave if place not in together}
    return outcomes


def waves(named: Sequence[tuple[int, Sequence[str]]], *, most: int = MOST_TOGETHER) -> list[list[int]]:
    """Places in groups in which no name comes twice; of two places with a name in common the first is in an earlier."""
    made: list[list[int]] = []
    earliest: dict[str, int] = {}
    for place, names in named:
        wave = max((earliest.get(name, 0) for name in names), default=0)
        while wave < len(made) and len(made[wave]) >= most:
            wave += 1
        if wave == len(made):
            made.append([])
        made[wave].append(place)
        earliest.update(dict.fromkeys(names, wave + 1))
    return made


def _together(wave: dict[int, Item], *, call: Call) -> dict[int, Outcome]:
    """Nothing, where one of them cannot be done: then each is tried by itself, so that it alone has the fault."""
    try:
        return _in_one_transaction(wave, call=call)
    except Exception as fault:
        log.warning("%d enrollments are tried each by itself, not together:\n%s", len(wave), trace_of(fault))
        return {}


@transaction.atomic
def _in_one_transaction(wave: dict[int, Item], *, call: Call) -> dict[int, Outcome]:
    hold([name for item in wave.values() for name in item.names])
    known = duplicates.known_among(call.partner, [item.enroll.claim for item in wave.values()])
    new = {place: item for position, (place, item) in enumerate(wave.items()) if position not in known}
    outcomes: dict[int, Outcome] = {}
    unwritten = []
    with programs_read_once():
        for place, item in new.items():
            outcomes[place] = answer = _answer(item, call=call)
            if isinstance(answer, Refusal):
                continue
            unwritten += [*answer.unwritten, idempotency.record(item.key, answer, now=call.now)]
            if any(_takes_a_place(row) for row in answer.unwritten):
                insert(unwritten)  # so that the next one counts it
                unwritten = []
    insert(unwritten)
    return outcomes


def _answer(item: Item, *, call: Call) -> Outcome:
    try:
        return answers.store(item.enroll(known=False))
    except Refusal as refusal:
        return _kept(refusal, call) if problems.is_kept(refusal) else refusal


def _takes_a_place(row: object) -> bool:
    return isinstance(row, Participation) and row.program.max_enrollments is not None


def _alone(item: Item, *, call: Call) -> Outcome:
    try:
        return idempotency.once(
            item.key,
            now=call.now,
            effect=lambda: answers.store(item.enroll()),
            refused=lambda refusal: _kept(refusal, call),
            names=item.enroll.names,
        )
    except Refusal as refusal:
        return refusal
    except (OperationalError, InterfaceError):  # the database's fault, not this item's
        raise
    except Exception as failure:
        return refusal_of_failure(failure)


def _kept(refusal: Refusal, call: Call) -> StoredAnswer:
    return answers.store_refusal(refusal, base=call.origin, request_id=call.request_id)
