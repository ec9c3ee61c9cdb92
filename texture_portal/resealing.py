"""Sealing anew under the newest master key whatever an older one has sealed, so that the older one can be dropped.

Every row under its lock, every batch in a transaction of its own: killed at any moment it has lost nothing,
and begun again it goes on where it stood, since what is up to date is only looked at.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction

from texture_portal import vault
from texture_portal.sealed_columns import COLUMNS, FIXED, SealedColumn

BATCH = 500


@dataclass(slots=True)
class Tally:
    """Of one column. `broken`: the rows whose value no key opens. `by_key`: what is now sealed under which."""

    column: SealedColumn
    seen: int = 0
    resealed: int = 0
    broken: list[Any] = field(default_factory=list)
    by_key: Counter[int] = field(default_factory=Counter)


def reseal_everything(*, tell: Callable[[Tally], None]) -> list[Tally]:
    """`tell` is called after every batch."""
    changed = [_walk(column, _reseal, tell=tell) for column in COLUMNS]
    return [*changed, *(_walk(column, _look, tell=tell) for column in FIXED)]


def needed_for(key: str) -> tuple[int, int]:
    """How many values one of `DATA_KEYS` has sealed: of those that can be sealed anew, and of those that never are."""
    number = settings.DATA_KEYS.index(key)
    counts = [
        keys_in_use([_walk(column, _look, tell=lambda tally: None) for column in columns])[number]
        for columns in (COLUMNS, FIXED)
    ]
    return counts[0], counts[1]


def keys_in_use(tallies: list[Tally]) -> list[int]:
    """How many values each of `DATA_KEYS` is needed for, newest first."""
    total: Counter[int] = sum((each.by_key for each in tallies), Counter())
    return [total[number] for number in range(len(settings.DATA_KEYS))]


def _walk(
    column: SealedColumn, act: Callable[[SealedColumn, list[Any], Tally], None], *, tell: Callable[[Tally], None]
) -> Tally:
    tally, last = Tally(column), None
    while True:
        with transaction.atomic():
            rows = column.rows() if last is None else column.rows().filter(pk__gt=last)
            batch = list(rows.select_for_update(of=("self",))[:BATCH])
            act(column, batch, tally)
        if not batch:
            return tally
        tally.seen += len(batch)
        last = batch[-1].pk
        tell(tally)


def _reseal(column: SealedColumn, batch: list[Any], tally: Tally) -> None:
    changed = [row for row in batch if _seal_anew(column, row, tally)]
    if changed:
        type(changed[0])._base_manager.bulk_update(changed, [column.column])
    tally.resealed += len(changed)


def _seal_anew(column: SealedColumn, row: Any, tally: Tally) -> bool:
    """Whether it was: what no key opens stays as it is, for whoever still has the key."""
    place, sealed = column.place_of(row), getattr(row, column.column)
    try:
        is_old = not vault.is_up_to_date(sealed, place=place)
        if is_old:
            setattr(row, column.column, vault.seal(vault.open_sealed(sealed, place=place), place=place))
    except vault.SealBrokenError:
        tally.broken.append(row.pk)
        return False
    tally.by_key[0] += 1
    return is_old


def _look(column: SealedColumn, batch: list[Any], tally: Tally) -> None:
    for row in batch:
        try:
            tally.by_key[vault.number_of_key(getattr(row, column.column), place=column.place_of(row))] += 1
        except vault.SealBrokenError:
            tally.broken.append(row.pk)
