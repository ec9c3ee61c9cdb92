"""Readings of an hour as roll-ups of 5, 15 and 60 minutes. Pure.

Numbers are averaged, with their least and most beside them; energies since the last update are summed; of words and
flags the last one counts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from devices.kind import Field
from devices.values import Quantity

MINUTES = (5, 15, 60)
HOUR = timedelta(hours=1)
DECIMALS = 3

State = dict[str, Any]  # flat, as devices/telemetry/forms has it


@dataclass(frozen=True, slots=True)
class Bucket:
    """`low` and `high` are of averaged numbers alone, and empty for a single reading."""

    minutes: int
    began_at: datetime
    readings: int
    state: State
    low: State
    high: State


def hour_of(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)


def begin_of(instant: datetime, minutes: int) -> datetime:
    """Of the bucket that an instant is in. Hours are whole multiples of all of them."""
    return instant.replace(minute=instant.minute - instant.minute % minutes, second=0, microsecond=0)


def roll(
    readings: Sequence[tuple[datetime, State]], fields: Mapping[str, Field], *, minutes: Iterable[int] = MINUTES
) -> list[Bucket]:
    """`readings` are one device's, oldest first."""
    made = []
    for width in minutes:
        groups: dict[datetime, list[State]] = defaultdict(list)
        for observed_at, state in readings:
            groups[begin_of(observed_at, width)].append(state)
        made += [_bucket(width, began_at, states, fields) for began_at, states in groups.items()]
    return made


def _bucket(minutes: int, began_at: datetime, states: list[State], fields: Mapping[str, Field]) -> Bucket:
    if len(states) == 1:
        return Bucket(minutes, began_at, 1, states[0], {}, {})
    told: dict[str, list[Any]] = defaultdict(list)
    for state in states:
        for name, value in state.items():
            if value is not None:
                told[name].append(value)
    state, low, high = {}, {}, {}
    for name, values in told.items():
        together = _together(fields.get(name))
        state[name] = together(values)
        if together is _mean:
            low[name], high[name] = min(values), max(values)
    return Bucket(minutes, began_at, len(states), state, low, high)


def _together(field: Field | None) -> Callable[[list[Any]], Any]:
    """Of a field that is no longer in the registry, the last value counts."""
    if field is None or not isinstance(field.value, Quantity):
        return _last
    return _sum if field.adds_up else _mean


def _mean(values: list[float]) -> float:
    return round(sum(values) / len(values), DECIMALS)


def _sum(values: list[float]) -> float:
    return round(sum(values), DECIMALS)


def _last(values: list[Any]) -> Any:
    return values[-1]
