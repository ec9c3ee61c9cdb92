"""One move for many rows: each in a transaction of its own, or only tried, to see what would come of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import transaction

from texture_portal.refusals import Refusal

Row = TypeVar("Row")
MOST = 100  # what a person can look through, and a request can do


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Row]):
    """What happens, or happened, to one row; `refusal` says why not."""

    row: Row
    said: str = ""
    refusal: str = ""


class _RolledBackError(Exception):
    """Ends a trial: everything that it did is undone."""


def preview(rows: Iterable[Row], move: Callable[[Row], str]) -> Iterator[Outcome[Row]]:
    """What would happen, found out by doing it and undoing it again."""
    for row in rows:
        yield _outcome(row, lambda each: _tried(each, move))


def carry_out(rows: Iterable[Row], move: Callable[[Row], str]) -> Iterator[Outcome[Row]]:
    """Each stands or falls alone: one that somebody else changed meanwhile stops no other."""
    for row in rows:
        yield _outcome(row, move)


def _outcome(row: Row, move: Callable[[Row], str]) -> Outcome[Row]:
    try:
        return Outcome(row, said=move(row))
    except Refusal as refusal:
        return Outcome(row, refusal=refusal.detail)


def _tried(row: Row, move: Callable[[Row], str]) -> str:
    said = ""
    try:
        with transaction.atomic():
            said = move(row)
            raise _RolledBackError
    except _RolledBackError:
        return said
