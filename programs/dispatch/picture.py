"""How an event stands, counted by the database: by state, place, minute and reason. No row of a device is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from programs.models import DispatchEvent

ACROSS, DOWN = 24, 16  # cells of the map
MOST_BINS = 60

# How far a device is: its own outcome, or while it is told something, its latest command's status.
COUNTS = """
WITH latest AS (
    SELECT DISTINCT ON (device_id) device_id, status FROM devices_command
    WHERE event_id = %(event)s AND restores_id IS NULL ORDER BY device_id, id DESC
), stood AS (
    SELECT target.reason, target.expected_kw, device.type, site.state, site.latitude, site.longitude,
        CASE WHEN target.outcome = 'asked' THEN coalesce(latest.status, 'pending') ELSE target.outcome END AS stage
    FROM programs_dispatchtarget target
    JOIN devices_device device ON device.id = target.device_id
    JOIN territories_site site ON site.id = device.site_id
    LEFT JOIN latest ON latest.device_id = target.device_id
    WHERE target.event_id = %(event)s
), box AS (
    SELECT min(longitude) AS west, max(longitude) + 1e-6 AS east, min(latitude) AS south,
        max(latitude) + 1e-6 AS north FROM stood
)
SELECT grouping(stage, reason, type, state, cell), stage, reason, type, state, cell, count(*), sum(expected_kw),
    avg(latitude), avg(longitude)
FROM (
    SELECT stood.*, width_bucket(longitude, west, east, %(across)s) * 1000
        + width_bucket(latitude, south, north, %(down)s) AS cell
    FROM stood CROSS JOIN box
) placed
GROUP BY GROUPING SETS ((stage, cell), (stage, reason), (stage, type), (stage, state))
"""
BY_CELL, BY_REASON, BY_TYPE, BY_STATE = 0b01110, 0b00111, 0b01011, 0b01101
WHEN_TOLD = """
SELECT date_bin(%(bin)s, {column}, %(from)s), count(*) FROM devices_command
WHERE event_id = %(event)s AND restores_id IS NULL AND {column} IS NOT NULL GROUP BY 1 ORDER BY 1
"""
RESTORES = """
SELECT restore, count(*), count(*) FILTER (WHERE settled_at IS NOT NULL)
FROM programs_dispatchtarget WHERE event_id = %(event)s AND asked_at IS NOT NULL GROUP BY 1
"""
MEASURED = """
SELECT count(response_kw), sum(response_kw), sum(expected_kw) FILTER (WHERE response_kw IS NOT NULL)
FROM programs_dispatchtarget WHERE event_id = %(event)s AND asked_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Count:
    stage: str
    of: str
    devices: int
    expected_kw: float


@dataclass(frozen=True, slots=True)
class Cell:
    """Devices near each other, in one stage. Degrees, of their middle."""

    number: int
    stage: str
    devices: int
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Standing:
    cells: list[Cell]
    by_reason: list[Count]
    by_type: list[Count]
    by_state: list[Count]

    @property
    def by_stage(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for each in self.by_type:
            found[each.stage] = found.get(each.stage, 0) + each.devices
        return found

    def expected_kw(self, stages: Iterable[str]) -> float:
        wanted = set(stages)
        return sum(each.expected_kw for each in self.by_type if each.stage in wanted)


def standing(event: DispatchEvent) -> Standing:
    cells: list[Cell] = []
    counts: dict[int, list[Count]] = {BY_REASON: [], BY_TYPE: [], BY_STATE: []}
    for row in _rows(COUNTS, event, across=ACROSS, down=DOWN):
        grouped, stage, reason, kind, state, cell, devices, kw, latitude, longitude = row
        if grouped != BY_CELL:
            counts[grouped].append(Count(stage, reason or kind or state or "", devices, kw or 0.0))
        elif cell is not None and latitude is not None:
            cells.append(Cell(cell, stage, devices, latitude, longitude))
    return Standing(cells, *(counts[each] for each in (BY_REASON, BY_TYPE, BY_STATE)))


def told_over_time(event: DispatchEvent, column: str) -> list[tuple[datetime, int]]:
    """How many more each time: `column` is `sent_at` or `acknowledged_at`."""
    if column not in ("sent_at", "acknowledged_at"):
        raise ValueError(column)
    begin = event.begins_at or event.starts_at
    width = max(timedelta(seconds=5), (event.ends_at - begin) / MOST_BINS)
    return _rows(WHEN_TOLD.format(column=column), event, bin=width, **{"from": begin})


def restores(event: DispatchEvent) -> dict[str, int]:
    return {name: count for name, count, _ in _rows(RESTORES, event)}


def measured(event: DispatchEvent) -> tuple[int, float, float]:
    """Of how many devices the response is known, what it was in all, and what was expected of them."""
    ((count, response, expected),) = _rows(MEASURED, event)
    return count, response or 0.0, expected or 0.0


def _rows(statement: str, event: DispatchEvent, **given: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"event": event.pk, **given})
        found: list[Any] = cursor.fetchall()
        return found
