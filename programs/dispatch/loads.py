"""What devices took from the grid, by the quarter of an hour, for baselines: read off their roll-ups in bulk."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from devices.kind import DeviceType
from devices.models import Device, DeviceState
from devices.telemetry import forms, layouts
from programs import baseline
from programs.baseline import Response, Unknown, Window
from programs.dispatch.planning import POWER, load_kw
from programs.models import DispatchEvent, DispatchTarget
from texture_portal.business_time import is_business_day

Loads = dict[UUID, dict[datetime, float]]
MINUTES = 15
READ = """
SELECT rollup.device_number, rollup.began_at, rollup.layout, rollup.state
FROM unnest(%s::timestamptz[], %s::timestamptz[]) AS range(begins, ends)
JOIN devices_rollup rollup ON rollup.device_number = ANY(%s) AND rollup.minutes = 15
 AND rollup.began_at >= range.begins AND rollup.began_at < range.ends
"""


def window_of(event: DispatchEvent, device: Device) -> Window:
    return Window(event.starts_at, event.ends_at, ZoneInfo(device.site.timezone or "UTC"))


def measures(event: DispatchEvent, devices: Sequence[Device]) -> dict[UUID, Response | Unknown]:
    """What the event changed at each. `site` is read with them."""
    found: dict[UUID, Response | Unknown] = {}
    for window, loads, days, of_zone in _by_zone(event, devices):
        for device in of_zone:
            if DeviceType(device.type) not in POWER:
                found[device.pk] = Unknown.NO_POWER
                continue
            found[device.pk] = baseline.measure(
                loads[device.pk], window, events=days[device.pk], is_working_day=is_working_day
            )
    return found


def expected_loads(event: DispatchEvent, devices: Sequence[Device]) -> dict[UUID, float | None]:
    """The mean of each baseline over the window, where there is one."""
    return {
        device.pk: baseline.expected_load(
            loads[device.pk], window, events=days[device.pk], is_working_day=is_working_day
        )
        for window, loads, days, of_zone in _by_zone(event, devices)
        for device in of_zone
    }


@cache
def is_working_day(day: date) -> bool:
    return is_business_day(day)


def _by_zone(
    event: DispatchEvent, devices: Sequence[Device]
) -> Iterable[tuple[Window, Loads, dict[UUID, set[date]], list[Device]]]:
    zones: dict[Window, list[Device]] = defaultdict(list)
    for device in devices:
        zones[window_of(event, device)].append(device)
    for window, of_zone in zones.items():
        days = _event_days(event, of_zone, window)
        alike = list(baseline.days_like(window.day, events=(), is_working_day=is_working_day))
        yield window, _read(of_zone, baseline.times_wanted(window, alike)), days, of_zone


def _event_days(event: DispatchEvent, devices: Sequence[Device], window: Window) -> dict[UUID, set[date]]:
    """The local days on which each took part in another event, of whatever program."""
    earliest = window.starts_at - timedelta(days=baseline.LOOK_BACK_DAYS + 2)
    rows = DispatchTarget.objects.filter(
        device__in=[each.pk for each in devices], asked_at__isnull=False, event__ends_at__gt=earliest
    ).exclude(event=event)
    found: dict[UUID, set[date]] = defaultdict(set)
    for device, begin, end in rows.values_list("device", "event__starts_at", "event__ends_at"):
        first, last = (each.astimezone(window.zone).date() for each in (begin, end))
        found[device] |= {first + timedelta(days=number) for number in range((last - first).days + 1)}
    return found


def _read(devices: Sequence[Device], ranges: Collection[tuple[datetime, datetime]]) -> Loads:
    types = {each.pk: DeviceType(each.type) for each in devices if DeviceType(each.type) in POWER}
    numbers = dict(DeviceState.objects.filter(device__in=types).values_list("number", "device"))
    known, found = layouts.known(), defaultdict[UUID, dict[datetime, float]](dict)
    with connection.cursor() as cursor:
        cursor.execute(READ, [[each for each, _ in ranges], [each for _, each in ranges], list(numbers)])
        for number, began_at, layout, state in cursor.fetchall():
            device = numbers[number]
            load = load_kw(types[device], forms.flat(known[layout], state))
            if load is not None:
                found[device][began_at] = load
    return found
