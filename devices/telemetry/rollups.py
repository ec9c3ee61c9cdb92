"""Keeping roll-ups right: hours that readings have marked stale are made anew from the readings themselves."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db import connection, transaction

from devices.models import DeviceState, StaleHour
from devices.telemetry import forms, layouts, partitions
from devices.telemetry.rolling import HOUR, Bucket, hour_of, roll

DEVICE_HOURS = 2_000  # in one transaction
ONE_AT_A_TIME = 0x0717_2011  # the advisory lock's own number
READ = """
SELECT device_number, observed_at, layout, state FROM devices_reading
WHERE device_number = ANY(%s) AND observed_at >= %s AND observed_at < %s
ORDER BY device_number, observed_at
"""
MADE = """
CREATE TEMPORARY TABLE IF NOT EXISTS made_rollups (
    began_at timestamptz, device_number integer, minutes smallint, layout smallint, readings integer, state text,
    low text, high text
) ON COMMIT DELETE ROWS
"""
KEEP = """
INSERT INTO devices_rollup AS kept (began_at, device_number, minutes, layout, readings, state, low, high)
SELECT began_at, device_number, minutes, layout, readings, state, low, high FROM made_rollups
ON CONFLICT (device_number, minutes, began_at) DO UPDATE SET
    layout = excluded.layout, readings = excluded.readings, state = excluded.state, low = excluded.low,
    high = excluded.high
WHERE kept.readings <> excluded.readings OR kept.state <> excluded.state
"""
Hours = dict[datetime, set[int]]


@transaction.atomic
def roll_up(*, now: datetime) -> int:
    """A batch of stale hours, and how many marks that were. One worker at a time: two could overtake each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        if cursor.fetchone() != (True,):
            return 0
    marks = list(_claimed())
    hours: Hours = defaultdict(set)
    for mark in marks:
        hours[mark.hour].update(mark.device_numbers)
    StaleHour.objects.filter(pk__in=[mark.pk for mark in marks]).delete()  # before the readings are read
    if hours:
        _keep(hours, first=partitions.oldest_kept(now=now))
    return len(marks)


def hold() -> None:
    """Until the transaction's end: who takes readings away is not overtaken by who made a roll-up of them before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def _claimed() -> Iterator[StaleHour]:
    room = DEVICE_HOURS
    for mark in StaleHour.objects.order_by("pk")[:DEVICE_HOURS].iterator(chunk_size=50):
        yield mark
        room -= len(mark.device_numbers)
        if room <= 0:
            return


def _keep(hours: Hours, *, first: datetime) -> None:
    types = _types({number for numbers in hours.values() for number in numbers})
    # What is older may be dropped already; a number without a type was cut off from its device (`forgetting`).
    kept = {hour: numbers & types.keys() for hour, numbers in hours.items() if hour >= first}
    partitions.ensure(partitions.ROLLUPS, {hour.date() for hour in kept})
    known = layouts.known()
    numbers_of = layouts.numbers_of(forms.form_of(each).fields for each in types.values())
    made = "".join(_lines(kept, types, known, numbers_of))  # read whole, since a COPY has the connection for itself
    with connection.cursor() as cursor:
        cursor.execute(MADE)
        with cursor.copy("COPY made_rollups FROM STDIN") as copy:
            copy.write(made)
        cursor.execute(KEEP)
        cursor.execute("TRUNCATE made_rollups")


def _lines(
    hours: Hours, types: dict[int, str], known: dict[int, layouts.Fields], numbers_of: dict[layouts.Fields, int]
) -> Iterator[str]:
    for hour, numbers in hours.items():
        for number, buckets in _made(hour, numbers, types, known):
            fields = forms.form_of(types[number]).fields
            yield "".join(_line(number, numbers_of[fields], fields, bucket) for bucket in buckets)


def _made(
    hour: datetime, numbers: Iterable[int], types: dict[int, str], known: dict[int, layouts.Fields]
) -> Iterator[tuple[int, list[Bucket]]]:
    with connection.cursor() as cursor:
        cursor.execute(READ, [sorted(numbers), hour, hour + HOUR])
        rows = cursor.fetchall()
    for number, of_one in groupby(rows, key=itemgetter(0)):
        readings = [(observed_at, forms.flat(known[layout], state)) for _, observed_at, layout, state in of_one]
        yield number, roll(readings, forms.fields_of(types[number]))


def _types(numbers: Iterable[int]) -> dict[int, str]:
    return dict(DeviceState.objects.filter(pk__in=numbers).values_list("number", "device__type"))


def _line(number: int, layout: int, fields: layouts.Fields, bucket: Bucket) -> str:
    """As COPY reads it; a written state has no character that means something there."""
    low, high = (forms.write_flat(fields, each) if each else r"\N" for each in (bucket.low, bucket.high))
    state = forms.write_flat(fields, bucket.state)
    values = (bucket.began_at.isoformat(), number, bucket.minutes, layout, bucket.readings, state, low, high)
    return "\t".join(map(str, values)) + "\n"


def stale_hours(device_number: int, start: datetime, end: datetime) -> set[datetime]:
    """Of a device, within a range: what is rolled up of them may be out of date."""
    marks = StaleHour.objects.filter(hour__gte=hour_of(start), hour__lt=end, device_numbers__contains=[device_number])
    return set(marks.values_list("hour", flat=True))
