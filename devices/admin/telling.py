"""What a device's page shows of what it tells: its state in units, how fresh that is, and its last day and week."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.safestring import SafeString

from devices.freshness import Freshness, freshness
from devices.models import Device
from devices.telemetry import forms, history, latest, layouts
from devices.telemetry.history import Moment
from devices.values import Quantity
from texture_portal.console.marks import badge, span, table

COLOURS = ("#7c3aed", "#0891b2", "#d97706", "#16a34a", "#dc2626")
FRESHNESS = {
    Freshness.FRESH: "success",
    Freshness.STALE: "warning",
    Freshness.OFFLINE: "danger",
    Freshness.NEVER: "",
}
DAY, WEEK = ("The last day", timedelta(days=1), "15m", "H:i"), ("The last week", timedelta(days=7), "1h", "D H:i")
CHARTED = ("%", "W", "°F")
MOST_BUCKETS = 200


def freshness_badge(device: Device, *, now: datetime) -> SafeString:
    word = freshness(device.last_reading_at, now=now)
    return badge(word.value, FRESHNESS[word])


def context(device: Device, *, now: datetime) -> dict[str, Any]:
    seen = device.last_reading_at
    return {
        "freshness": freshness_badge(device, now=now),
        "age": "" if seen is None else f"{span(now - seen)} ago",
        "told": state_table(device),
        "charts": [chart for window in (DAY, WEEK) for chart in _charts(device, window, now=now)],
    }


def state_table(device: Device) -> dict[str, Any]:
    state = latest.state_of(device, known=layouts.known()) or {}
    return table(("Field", "Value", "Meaning"), _rows(device, state))


def _rows(device: Device, state: dict[str, Any]) -> Iterable[tuple[str, str, str]]:
    flat = forms.flattened(state)
    for name, field in forms.fields_of(device.type).items():
        if name in flat:
            yield name, _shown(flat[name], field.value), " ".join(filter(None, [field.meaning, field.sign]))


def _shown(value: Any, kind: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(kind, Quantity):
        return f"{value:,} {kind.unit}".rstrip()
    return str(value).replace("_", " ")


def _charts(device: Device, window: tuple[str, timedelta, str, str], *, now: datetime) -> Iterable[dict[str, str]]:
    """One for each unit that it tells something in."""
    title, length, granularity, form = window
    page = history.read(device, start=now - length, end=now, granularity=granularity, after=None, limit=MOST_BUCKETS)
    for unit, names in _by_unit(device).items():
        series = {name: [forms.flattened(each.state).get(name) for each in page.moments] for name in names}
        told = {name: values for name, values in series.items() if any(value is not None for value in values)}
        if told:
            yield {"title": f"{title}, {unit}: {', '.join(told)}", "data": _data(page.moments, told, form)}


def _by_unit(device: Device) -> dict[str, list[str]]:
    units: dict[str, list[str]] = defaultdict(list)
    for name, field in forms.fields_of(device.type).items():
        if isinstance(field.value, Quantity) and field.value.unit in CHARTED:
            units[field.value.unit].append(name)
    return units


def _data(moments: list[Moment], told: dict[str, list[Any]], form: str) -> str:
    """As Chart.js takes it, in the portal's time zone."""
    return json.dumps(
        {
            "labels": [date_format(timezone.localtime(each.at), form) for each in moments],
            "datasets": [
                {"label": name, "data": values, "borderColor": COLOURS[place % len(COLOURS)], "displayYAxis": True}
                for place, (name, values) in enumerate(told.items())
            ],
        }
    )
