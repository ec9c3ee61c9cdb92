"""What the cloud tells of a device now, and told over the last ninety days; the data's own faults strike here."""

import math
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from partners.sandbox.clock import to_wire
from partners.sandbox.cloud import Cloud
from partners.sandbox.fleet import Unit
from partners.sandbox.places import DAY
from partners.sandbox.readings import Reading, reading
from partners.sandbox.refusals import invalid

HISTORY_DAYS = 90
INTERVALS = {"5": 300, "15": 900, "60": 3600}


def current(cloud: Cloud, unit: Unit, *, now: float) -> Reading:
    """Told by the whole second: asked twice within one, it is the same reading."""
    faults, at = cloud.faults, math.floor(now)
    if stale := faults.afflicts("stale", unit.serial, now=now):
        at = math.floor(now - stale.options["seconds"])
    lost = faults.afflicts("offline", unit.serial, now=now)
    if lost:
        at = min(at, math.floor(lost.began_at - lost.options["ago"]))
    storm = faults.afflicts("storm", unit.serial, now=now) is not None
    told = reading(unit, unit.site.life.at(at), online=not lost, storm=storm)
    if "grid" in told:
        told["today"] = {
            f"{name}_kwh": round(energy, 6) for name, energy in unit.site.life.since_midnight_kwh(at).items()
        }
    return _skewed(cloud, unit, told, at=at, now=now)


def history(
    cloud: Cloud, unit: Unit, *, start: float, end: float, seconds: int, most: int, now: float
) -> tuple[list[Reading], float | None]:
    """Means of whole intervals that began at or after `start` and are over; and where the next page starts."""
    if start < now - HISTORY_DAYS * DAY - DAY:
        raise invalid("start", f"History reaches {HISTORY_DAYS} days back.", remedy="Ask for a later start.")
    first = math.ceil(start / seconds) * seconds
    last = math.floor(min(end, now) / seconds) * seconds
    begins = range(first, last, seconds)
    page = begins[:most]
    rows = [
        _skewed(cloud, unit, {**each, "interval_s": seconds}, at=begun + seconds, now=now)
        for begun, each in zip(page, _means(unit, page, seconds), strict=True)
    ]
    return rows, float(begins[most]) if len(begins) > most else None


def _means(unit: Unit, begins: range, seconds: int) -> Iterator[Reading]:
    """By the home's days; five, fifteen and sixty minutes never reach over its midnight."""
    life = unit.site.life
    for day, within in groupby(begins, key=life.home.place.day_of):
        for sample in life.intervals(day, [(each, each + seconds) for each in within]):
            yield reading(unit, sample)


def _skewed(cloud: Cloud, unit: Unit, told: dict[str, Any], *, at: float, now: float) -> Reading:
    if skew := cloud.faults.afflicts("clock_skew", unit.serial, now=now):
        told["observed_at"] = to_wire(at + skew.options["seconds"])
    return told
