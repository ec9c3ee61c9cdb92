"""What devices told, as rows of a sheet: device by device, oldest first, page by page; and who took it, on record."""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from devices.models import Device, Portfolio, TelemetryExport
from devices.telemetry import forms, history
from texture_portal.actors import Actor
from texture_portal.clock import to_wire

PAGE = 5_000
DEVICE = ("deviceId", "manufacturerDeviceId", "type", "observedAt", "readings")
Row = list[Any]


class _Echo:
    """What is written is given back at once: nothing is gathered."""

    def write(self, line: str) -> str:
        return line


def export(
    subject: Device | Portfolio,
    *,
    start: datetime,
    end: datetime,
    granularity: str,
    reason: str,
    now: datetime,
    by: Actor,
) -> Iterator[str]:
    """Lines of CSV, as they are read. That they were asked for is on record before the first of them."""
    made = TelemetryExport(
        start=start,
        end=end,
        granularity=granularity,
        reason=reason,
        at=now,
        actor_role=by.role,
        actor_name=by.name,
        channel=by.channel,
        user_id=by.user_id,
    )
    if isinstance(subject, Device):
        made.device, devices = subject, Device.objects.filter(pk=subject.pk)
    else:
        made.portfolio, devices = subject, subject.devices.all()
    made.save()
    write = csv.writer(_Echo()).writerow
    return map(write, rows(devices, start=start, end=end, granularity=granularity))


def rows(devices: "QuerySet[Device]", *, start: datetime, end: datetime, granularity: str) -> Iterator[Row]:
    """The header, then a row for each moment; what was not told is an empty cell."""
    devices = devices.order_by("pk")
    types = devices.order_by("type").values_list("type", flat=True).distinct()
    fields = list(dict.fromkeys(name for each in types for name in forms.fields_of(each)))
    yield [*DEVICE, *fields]
    for device in devices.iterator():
        yield from _of_device(device, fields, start=start, end=end, granularity=granularity)


def _of_device(device: Device, fields: list[str], *, start: datetime, end: datetime, granularity: str) -> Iterator[Row]:
    after: datetime | None = None
    while True:
        page = history.read(device, start=start, end=end, granularity=granularity, after=after, limit=PAGE)
        for moment in page.moments:
            told, readings = forms.flattened(moment.state), moment.readings or 1
            begin = [str(device.pk), _safe(device.manufacturer_device_id), device.type, to_wire(moment.at), readings]
            yield [*begin, *(told.get(name, "") for name in fields)]
        if not page.more:
            return
        after = page.moments[-1].at


def _safe(text: str) -> str:
    """A partner's own word, which a spreadsheet might take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
