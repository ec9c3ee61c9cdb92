"""What a device told within a range: reading by reading, or rolled up (contract §5, §6). Oldest first, in pages.

What is rolled up is right at once: hours whose roll-ups are out of date are rolled up while they are read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice

from django.db import connection

from devices.models import Device, DeviceState
from devices.telemetry import forms, layouts, rollups
from devices.telemetry.rolling import HOUR, Bucket, begin_of, hour_of, roll

LONGEST = timedelta(days=90)  # contract §5
MINUTES = {"5m": 5, "15m": 15, "1h": 60}
GRANULARITIES = ("raw", *MINUTES)
RAW = """
SELECT observed_at, layout, state FROM devices_reading
WHERE device_number = %s AND observed_at >= %s AND observed_at < %s ORDER BY observed_at LIMIT %s
"""
ROLLED = """
SELECT began_at, layout, readings, state, low, high FROM devices_rollup
WHERE device_number = %s AND minutes = %s AND began_at >= %s AND began_at < %s ORDER BY began_at LIMIT %s
"""
RIGHT_AFTER = timedelta(microseconds=1)
NO_LIMIT = None


@dataclass(frozen=True, slots=True)
class Moment:
    """`rolled` is None for a reading by itself."""

    at: datetime
    state: forms.State
    rolled: Bucket | None = None


@dataclass(frozen=True, slots=True)
class Page:
    moments: list[Moment]
    more: bool


def read(
    device: Device, *, start: datetime, end: datetime, granularity: str, after: datetime | None, limit: int
) -> Page:
    """From `start` on, before `end`. A bucket counts where any of it is in the range. `after` is the last of the page
    before."""
    number = DeviceState.objects.filter(device=device).values_list("number", flat=True).first()
    if number is None:
        return Page([], more=False)
    begin = start if granularity == "raw" else begin_of(start, MINUTES[granularity])
    begin = begin if after is None else max(begin, after + RIGHT_AFTER)
    if granularity == "raw":
        found = list(_raw(number, begin, end, limit + 1))
    else:
        found = _rolled(device, number, MINUTES[granularity], begin, end, limit + 1)
    return Page(found[:limit], more=len(found) > limit)


def _raw(number: int, begin: datetime, end: datetime, limit: int | None) -> Iterator[Moment]:
    known = layouts.known()
    with connection.cursor() as cursor:
        cursor.execute(RAW, [number, begin, end, limit])
        for observed_at, layout, state in cursor.fetchall():
            yield Moment(observed_at, forms.read(known[layout], state))


def _rolled(device: Device, number: int, minutes: int, begin: datetime, end: datetime, limit: int) -> list[Moment]:
    stale = rollups.stale_hours(number, begin, end)  # before the roll-ups: what is made meanwhile is right twice
    buckets = {bucket.began_at: bucket for bucket in _kept(number, minutes, begin, end, limit)}
    reach = max(buckets) if len(buckets) >= limit else end
    if overdue := {hour for hour in stale if hour <= reach}:
        fresh = (each for each in _fresh(device, number, minutes, overdue) if begin <= each.began_at < end)
        buckets |= {each.began_at: each for each in islice(fresh, limit)}
    ordered = sorted(buckets)[:limit]
    return [Moment(at, forms.nest(buckets[at].state), buckets[at]) for at in ordered]


def _kept(number: int, minutes: int, begin: datetime, end: datetime, limit: int) -> Iterator[Bucket]:
    known = layouts.known()
    with connection.cursor() as cursor:
        cursor.execute(ROLLED, [number, minutes, begin, end, limit])
        for began_at, layout, readings, state, low, high in cursor.fetchall():
            written = (forms.flat(known[layout], each) if each else {} for each in (state, low, high))
            yield Bucket(minutes, began_at, readings, *written)


def _fresh(device: Device, number: int, minutes: int, hours: set[datetime]) -> Iterator[Bucket]:
    """Oldest first, each hour as it is asked for."""
    known, fields = layouts.known(), forms.fields_of(device.type)
    with connection.cursor() as cursor:
        cursor.execute(RAW, [number, min(hours), max(hours) + HOUR, NO_LIMIT])
        rows = cursor.fetchall()
    for hour, of_hour in groupby(rows, key=lambda row: hour_of(row[0])):
        if hour in hours:
            readings = [(observed_at, forms.flat(known[layout], state)) for observed_at, layout, state in of_hour]
            yield from roll(readings, fields, minutes=[minutes])
