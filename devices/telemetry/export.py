"""What the devices of a portfolio told, as rows of a sheet: device by device, oldest first, page by page."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from devices.models import Device, Portfolio
from devices.telemetry import forms, history
from texture_portal.clock import to_wire

PAGE = 5_000
DEVICE = ("deviceId", "manufacturerDeviceId", "type", "observedAt", "readings")
Row = list[Any]


def rows(portfolio: Portfolio, *, start: datetime, end: datetime, granularity: str) -> Iterator[Row]:
    """The header, then a row for each moment; what was not told is an empty cell."""
    devices = portfolio.devices.order_by("pk")
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
