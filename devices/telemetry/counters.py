"""Energy since the last update, out of counters that only grow: what a cloud tells as sums of a lifetime or a day.

The last values that were counted are kept beside the device's state. They move on in the transaction that keeps the
reading, and with no other, so that nothing is counted twice or left out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices.models import DeviceState

DECIMALS = 6
Parts = Sequence[float]


def since(before: Parts, now: Parts) -> float | None:
    """What was added. None where a counter went back: it began anew, and what it counted meanwhile nobody knows.

    A part is a counter's value with the sign by which it counts: what is exported goes negative, and grows so too.
    """
    if len(before) != len(now) or any(abs(new) < abs(old) for old, new in zip(before, now, strict=True)):
        return None
    return round(sum(new - old for old, new in zip(before, now, strict=True)), DECIMALS)


@dataclass(slots=True)
class Memory:
    """By the device's number: when it was counted last, and what stood there. Its rows are held by the transaction."""

    rows: dict[int, DeviceState]
    changed: set[int] = field(default_factory=set)

    def counted(self, number: int, observed_at: datetime, state: Any, counters: Mapping[str, Parts]) -> Any:
        """The state with what came about since the last update; null where there was none, or it was later."""
        row = self.rows.get(number)
        if row is None or row.counted_at is None or observed_at <= row.counted_at or not isinstance(state, dict):
            return state
        found = {name: since((row.counters or {}).get(name, ()), parts) for name, parts in counters.items()}
        return _with(state, found)

    def move_on(self, number: int, observed_at: datetime, counters: Mapping[str, Parts]) -> None:
        row = self.rows.get(number)
        if row is not None and (row.counted_at is None or row.counted_at < observed_at):
            row.counters, row.counted_at = {name: list(parts) for name, parts in counters.items()}, observed_at
            self.changed.add(number)

    def write(self) -> None:
        rows = [self.rows[number] for number in sorted(self.changed)]
        DeviceState.objects.bulk_update(rows, ["counters", "counted_at"])


def remembered(numbers: Collection[int]) -> Memory:
    """In the one order in which everybody goes through devices. Call it in a transaction."""
    rows = DeviceState.objects.filter(pk__in=numbers).order_by("pk").select_for_update()
    return Memory({row.number: row for row in rows})


def _with(state: dict[str, Any], found: Mapping[str, float | None]) -> dict[str, Any]:
    """Names within a state within: `batteryState.whConsumed`."""
    whole = dict(state)
    for name, value in found.items():
        outer, _, inner = name.rpartition(".")
        if outer:
            whole[outer] = {**(whole.get(outer) or {}), inner: value}
        else:
            whole[inner] = value
    return whole
