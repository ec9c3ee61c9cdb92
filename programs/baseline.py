"""What a device would have done without the event, and what the event changed: a 10-in-10 day-matching baseline. Pure.

- The baseline of a quarter of an hour is the mean load of the same local quarter on the ten latest days like the
  event's: before it, of its kind (working days, or weekends and holidays), without an event of their own, at most 45
  days back. Days on which the device told too little are passed over; under five days there is no baseline.
- It is not adjusted to the morning of the day: pre-cooling and charging ahead of an event would move the adjustment.
- Days and times are those of the site's time zone. A time that the clock skips has no value on that day; a time that it
  shows twice has one on either, which are averaged; an event in that hour is measured twice against the same baseline.
- Loads are in kW, positive from the grid into the device.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from statistics import fmean
from zoneinfo import ZoneInfo

SLOT = timedelta(minutes=15)
DAYS, FEWEST_DAYS, LOOK_BACK_DAYS = 10, 5, 45
COVERED = 0.75  # of what could have been told, for a day to count and for an event to be measured

Moment = tuple[date, time]  # a local quarter of an hour
Loads = Mapping[datetime, float]  # by the begin of the quarter of an hour, in UTC


class Unknown(StrEnum):
    """Why an event could not be measured at a device."""

    NO_BASELINE = "too_few_days"
    NO_READINGS = "too_few_readings"
    NO_POWER = "tells_no_power"


@dataclass(frozen=True, slots=True)
class Window:
    """From `starts_at` on, before `ends_at`, both aware; `zone` is the site's."""

    starts_at: datetime
    ends_at: datetime
    zone: ZoneInfo

    @property
    def day(self) -> date:
        return self.starts_at.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Slot:
    """A quarter of an hour, as much of it as is in the window, and where it stands on a like day."""

    began_at: datetime
    hours: float
    days_later: int
    at: time


@dataclass(frozen=True, slots=True)
class Quarter:
    slot: Slot
    baseline_kw: float
    load_kw: float


@dataclass(frozen=True, slots=True)
class Response:
    """`days` are those that the baseline was made of, latest first; `share` of the window was measured."""

    days: tuple[date, ...]
    quarters: tuple[Quarter, ...]
    share: float

    @property
    def baseline_kwh(self) -> float:
        return sum(each.baseline_kw * each.slot.hours for each in self.quarters)

    @property
    def load_kwh(self) -> float:
        return sum(each.load_kw * each.slot.hours for each in self.quarters)

    @property
    def hours(self) -> float:
        return sum(each.slot.hours for each in self.quarters)

    @property
    def less_kw(self) -> float:
        """By how much less it took from the grid than it would have, on average; negative where it took more."""
        return (self.baseline_kwh - self.load_kwh) / self.hours


def slots(window: Window) -> list[Slot]:
    begin = window.starts_at.astimezone(UTC)
    at = begin.replace(minute=begin.minute - begin.minute % 15, second=0, microsecond=0)
    found = []
    while at < window.ends_at:
        inside = min(at + SLOT, window.ends_at) - max(at, begin)
        local = at.astimezone(window.zone)
        later = (local.date() - window.day).days
        found.append(Slot(at, inside / timedelta(hours=1), later, local.time().replace(fold=0)))
        at += SLOT
    return found


def days_like(day: date, *, events: Collection[date], is_working_day: Callable[[date], bool]) -> Iterator[date]:
    """Days of the same kind before it without an event, latest first."""
    for back in range(1, LOOK_BACK_DAYS + 1):
        earlier = day - timedelta(days=back)
        if earlier not in events and is_working_day(earlier) == is_working_day(day):
            yield earlier


def times_wanted(window: Window, days: Collection[date]) -> list[tuple[datetime, datetime]]:
    """From when until when readings are needed, in UTC: the window itself, and the same local hours of those days."""
    found = [(window.starts_at - SLOT, window.ends_at + SLOT)]
    begin, end = (each.astimezone(window.zone).replace(tzinfo=None) for each in (window.starts_at, window.ends_at))
    for day in days:
        shift = day - window.day
        local = ((begin + shift - SLOT), (end + shift + SLOT))
        # an hour more on either side, for where the clock is set within the window
        first, last = (each.replace(tzinfo=window.zone).astimezone(UTC) for each in local)
        found.append((first - timedelta(hours=1), last + timedelta(hours=1)))
    return found


def measure(
    loads: Loads, window: Window, *, events: Collection[date], is_working_day: Callable[[date], bool]
) -> Response | Unknown:
    wanted = slots(window)
    told = _by_moment(loads, window.zone)
    days = _covered_days(told, wanted, window, days_like(window.day, events=events, is_working_day=is_working_day))
    if len(days) < FEWEST_DAYS:
        return Unknown.NO_BASELINE
    quarters = tuple(
        Quarter(slot, baseline, loads[slot.began_at])
        for slot in wanted
        if slot.began_at in loads and (baseline := _mean_of(told, slot, days)) is not None
    )
    share = sum(each.slot.hours for each in quarters) / sum(slot.hours for slot in wanted)
    if share < COVERED:
        return Unknown.NO_READINGS
    return Response(tuple(days), quarters, share)


def expected_load(
    loads: Loads, window: Window, *, events: Collection[date], is_working_day: Callable[[date], bool]
) -> float | None:
    """The mean of the baseline over the window, in kW, before anything is known of the window itself."""
    wanted = slots(window)
    told = _by_moment(loads, window.zone)
    days = _covered_days(told, wanted, window, days_like(window.day, events=events, is_working_day=is_working_day))
    if len(days) < FEWEST_DAYS:
        return None
    means = [(slot.hours, mean) for slot in wanted if (mean := _mean_of(told, slot, days)) is not None]
    hours = sum(each for each, _ in means)
    return sum(each * mean for each, mean in means) / hours if hours else None


def _by_moment(loads: Loads, zone: ZoneInfo) -> dict[Moment, list[float]]:
    found: dict[Moment, list[float]] = defaultdict(list)
    for at, load in loads.items():
        local = at.astimezone(zone)
        found[local.date(), local.time().replace(fold=0)].append(load)
    return found


def _covered_days(
    told: Mapping[Moment, list[float]], wanted: list[Slot], window: Window, days: Iterator[date]
) -> list[date]:
    found: list[date] = []
    for day in days:
        there = [moment for slot in wanted if _exists(moment := _on(slot, day), window.zone)]
        if there and sum(moment in told for moment in there) >= COVERED * len(there):
            found.append(day)
        if len(found) == DAYS:
            break
    return found


def _on(slot: Slot, day: date) -> Moment:
    return day + timedelta(days=slot.days_later), slot.at


def _exists(moment: Moment, zone: ZoneInfo) -> bool:
    """Whether the clock shows it: not where it is set forward over it."""
    local = datetime.combine(*moment, tzinfo=zone)
    return local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)


def _mean_of(told: Mapping[Moment, list[float]], slot: Slot, days: list[date]) -> float | None:
    values = [fmean(told[moment]) for day in days if (moment := _on(slot, day)) in told]
    return fmean(values) if values else None
