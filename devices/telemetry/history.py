"""What a device told within a range: reading by reading, or rolled up (contract §5, §6). Oldest first, in pages.

What is rolled up is right at once: hours whose roll-ups are out of date are rolled up while they are read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice

from django.db import connection

from devices.models import Device, DeviceState
from devices.telemetry import forms, layouts, rollups, wire
from devices.telemetry.rolling import HOUR, Bucket, begin_of, hour_of, roll

LONGEST = timedelta(days=90)  # contract §5
MINUTES = {"5m": 5, "15m": 15, "1h": 60}
GRANULARITIES = ("raw", *MINUTES)
RAW = """
SELECT observed_at::text, layout, state FROM devices_reading
WHERE device_number = %s AND observed_at >= %s AND observed_at < %s ORDER BY observed_at LIMIT %s
"""
ROLLED = """
SELECT began_at::text, layout, readings, state, low, high FROM devices_rollup
WHERE device_number = %s AND minutes = %s AND began_at >= %s AND began_at < %s ORDER BY began_at LIMIT %s
"""
RIGHT_AFTER = timedelta(microseconds=1)
NO_LIMIT = None


@dataclass(slots=True)
class Moment:
    """As it is kept: histories are long, and most of it goes out nearly as it is. `readings` is None for one by
    itself; `at_text` is PostgreSQL's."""

    at_text: str
    fields: layouts.Fields
    written: str
    readings: int | None = None
    low: str | None = None
    high: str | None = None

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.at_text)

    @property
    def state(self) -> forms.State:
        return forms.read(self.fields, self.written)

    def as_json(self) -> str:
        """As the contract has it (§5)."""
        told = f'{{"observedAt":"{wire.instant(self.at_text)}","state":{wire.state_of(self.fields, self.written)}'
        if self.readings is None:
            return f"{told}}}"
        low, high = wire.state_of(self.fields, self.low), wire.state_of(self.fields, self.high)
        return f'{told},"readings":{self.readings},"minimum":{low},"maximum":{high}}}'


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
    if number is None or (after is not None and after >= end):
        return Page([], more=False)
    begin = start if granularity == "raw" else begin_of(start, MINUTES[granularity])
    begin = begin if after is None else max(begin, after + RIGHT_AFTER)
    if granularity == "raw":
        found = _raw(number, begin, end, limit + 1)
    else:
        found = _rolled(device, number, MINUTES[granularity], begin, end, limit + 1)
    return Page(found[:limit], more=len(found) > limit)


def _raw(number: int, begin: datetime, end: datetime, limit: int | None) -> list[Moment]:
    known = layouts.known()
    with connection.cursor() as cursor:
        cursor.execute(RAW, [number, begin, end, limit])
        return [Moment(at, known[layout], written) for at, layout, written in cursor.fetchall()]


def _rolled(device: Device, number: int, minutes: int, begin: datetime, end: datetime, limit: int) -> list[Moment]:
    stale = rollups.stale_hours(number, begin, end)  # before the roll-ups: what is made meanwhile is right twice
    kept = _kept(number, minutes, begin, end, limit)
    reach = kept[-1].at if len(kept) >= limit else end
    overdue = {hour for hour in stale if hour <= reach}
    if not overdue:
        return kept
    fresh = (each for each in _fresh(device, number, minutes, overdue) if begin <= each.began_at < end)
    moments = {each.at: each for each in kept}
    moments |= {each.began_at: _moment_of(each, forms.form_of(device.type).fields) for each in islice(fresh, limit)}
    return [moments[at] for at in sorted(moments)[:limit]]


def _kept(number: int, minutes: int, begin: datetime, end: datetime, limit: int) -> list[Moment]:
    known = layouts.known()
    with connection.cursor() as cursor:
        cursor.execute(ROLLED, [number, minutes, begin, end, limit])
        return [
            Moment(at, known[layout], written, readings, low, high)
            for at, layout, readings, written, low, high in cursor.fetchall()
        ]


def _fresh(device: Device, number: int, minutes: int, hours: set[datetime]) -> Iterator[Bucket]:
    """Oldest first, each hour as it is asked for."""
    fields = forms.fields_of(device.type)
    readings = _raw(number, min(hours), max(hours) + HOUR, NO_LIMIT)
    for hour, of_hour in groupby(readings, key=lambda each: hour_of(each.at)):
        if hour in hours:
            told = [(each.at, forms.flat(each.fields, each.written)) for each in of_hour]
            yield from roll(told, fields, minutes=[minutes])


def _moment_of(bucket: Bucket, fields: layouts.Fields) -> Moment:
    written, low, high = (
        forms.write_flat(fields, each) if each else None for each in (bucket.state, bucket.low, bucket.high)
    )
    return Moment(bucket.began_at.isoformat(" "), fields, written or "[]", bucket.readings, low, high)
