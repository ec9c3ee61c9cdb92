"""Taking readings, from whichever side they come: the API, a stream, or our own polling (contract §5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.db import OperationalError, transaction

from devices.checking import state_faults
from devices.telemetry import addressees, counters, forms, keeping, layouts, partitions
from devices.telemetry.addressees import Addressee
from devices.telemetry.counters import Memory, Parts
from devices.telemetry.keeping import Row
from devices.values import INVALID, OUT_OF_RANGE, Wrong
from partners.models import Partner
from texture_portal.clock import to_wire
from texture_portal.holding import was_deadlock

UNKNOWN_DEVICE, NOT_ALLOWED, TOO_OLD, IN_FUTURE = "unknown_device", "not_allowed", "too_old", "in_future"
REJECTIONS = (UNKNOWN_DEVICE, NOT_ALLOWED, TOO_OLD, IN_FUTURE, INVALID, OUT_OF_RANGE, "unknown_field", "required")
MOST_SAID = 3
WHY_NOT = {
    True: "No consent covers the device: none was given, or it was revoked or has expired, or the enrollment is over. "
    "Its enrollment says which (GET /v1/enrollments?manufacturerDeviceId=).",
    False: "It was enrolled as one that sends no telemetry (capabilities.telemetry is false).",
}


@dataclass(frozen=True, slots=True)
class Observed:
    """One reading as it came. `observed_at` is aware; `state` has the names and units of the registry.

    `counters`: what counters stood at from which the fields of these names are to be counted (`counters`).
    """

    manufacturer_device_id: str
    observed_at: datetime
    state: Any
    counters: Mapping[str, Parts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """`index` counts from 0 in what was given; `code` is one of ours here, or of a fault (contract §7)."""

    index: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Taken:
    accepted: int
    duplicates: int
    rejected: list[Rejected]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What of it can be kept, and why the rest cannot."""

    rows: list[Row]
    rejected: list[Rejected]


class _Times(NamedTuple):
    first: datetime
    last: datetime


def take(partner: Partner, observed: Sequence[Observed], *, now: datetime) -> Taken:
    """Keeps what is good; each reading stands or falls alone. `now` is when they were received.

    The same device and instant twice is a duplicate, whatever the second one says. Safe to do twice.
    """
    if any(each.counters for each in observed):
        act = partial(_take_counting, partner, observed, now=now)
    else:
        act = partial(keep, weigh(partner, observed, now=now), now=now)
    try:
        return act()
    except OperationalError as fault:
        if not was_deadlock(fault):
            raise
    return act()


@transaction.atomic
def _take_counting(partner: Partner, observed: Sequence[Observed], *, now: datetime) -> Taken:
    """What counters stood at moves on with the readings that it was counted for, or not at all."""
    names = {each.manufacturer_device_id for each in observed if each.counters}
    numbers = [each.number for each in addressees.of(partner, names, now=now).values() if each.number is not None]
    memory = counters.remembered(numbers)
    taken = keep(weigh(partner, observed, now=now, memory=memory), now=now)
    memory.write()
    return taken


def weigh(partner: Partner, observed: Sequence[Observed], *, now: datetime, memory: Memory | None = None) -> Weighed:
    """`memory`: where there are counters among them; those are read in the order of time."""
    known = addressees.of(partner, {each.manufacturer_device_id for each in observed}, now=now)
    numbers = layouts.numbers_of(forms.form_of(each.type).fields for each in known.values())
    times = _Times(partitions.oldest_kept(now=now), now + partitions.MOST_AHEAD)
    rows, rejected = [], []
    in_order = enumerate(observed) if memory is None else sorted(enumerate(observed), key=_instant)
    for index, each in in_order:
        addressee = known.get(each.manufacturer_device_id)
        kept = _row(_counted(each, addressee, memory), addressee, numbers, times)
        if isinstance(kept, Row):
            rows.append(kept)
            if memory is not None and each.counters:
                memory.move_on(kept.device_number, each.observed_at, each.counters)
        else:
            rejected.append(Rejected(index, *kept))
    return Weighed(rows, rejected)


def keep(weighed: Weighed, *, now: datetime) -> Taken:
    """In the caller's transaction where there is one."""
    accepted = keeping.keep(weighed.rows, now=now) if weighed.rows else 0
    return Taken(accepted, len(weighed.rows) - accepted, weighed.rejected)


def _instant(place: tuple[int, Observed]) -> datetime:
    return place[1].observed_at


def _counted(reading: Observed, addressee: Addressee | None, memory: Memory | None) -> Observed:
    if memory is None or not reading.counters or addressee is None or addressee.number is None:
        return reading
    state = memory.counted(addressee.number, reading.observed_at, reading.state, reading.counters)
    return replace(reading, state=state)


def _row(
    reading: Observed, addressee: Addressee | None, numbers: dict[layouts.Fields, int], times: _Times
) -> Row | tuple[str, str]:
    """The reading as it is kept, or the code and the detail of why it is not."""
    if addressee is None:
        return UNKNOWN_DEVICE, "You have no device of this manufacturerDeviceId."
    if addressee.number is None or not addressee.may_read:
        return NOT_ALLOWED, WHY_NOT[addressee.tells]
    if reading.observed_at < times.first:
        return TOO_OLD, f"Readings from before {to_wire(times.first)} are kept no longer."
    if reading.observed_at > times.last:
        return IN_FUTURE, "The observation is in the future: is the clock of what observed it right?"
    form = forms.form_of(addressee.type)
    try:
        written = form.write(reading.state)
    except forms.MisfitError:
        if faults := state_faults(addressee.type, reading.state):
            return faults[0].code, _detail(faults)
        written = form.write(forms.plain(reading.state))
    return Row(addressee.number, reading.observed_at, numbers[form.fields], written)


def _detail(faults: Sequence[Wrong]) -> str:
    """Of all of them, as far as anybody reads."""
    said = [f"/state{each.pointer}: {each.detail}" for each in faults[:MOST_SAID]]
    return " ".join(said)
