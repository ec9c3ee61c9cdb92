"""Writing readings: COPY into a table of the connection's own, and on from there by one statement.

That statement keeps what is new, marks the hours that it falls into as stale, and moves on the latest state of each
device and the time at which it was last heard of. Whatever is committed is all of it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connection, transaction

from devices.telemetry import partitions
from texture_portal import jobs

SIGNS = "signs"  # the job of those who wait for a sign of life, whoever they are


class Row(NamedTuple):
    device_number: int
    observed_at: datetime
    layout: int
    state: str


INCOMING = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_readings (
    device_number integer, observed_at timestamptz, layout smallint, state text
) ON COMMIT DELETE ROWS
"""
COPY = "COPY incoming_readings (device_number, observed_at, layout, state) FROM STDIN"
# Everybody goes through devices in one order, so that two who write of the same ones wait and do not deadlock.
# A device was last heard of when the reading was observed, or when it came, where that was earlier: clocks differ.
KEEP = """
WITH kept AS (
    INSERT INTO devices_reading (device_number, observed_at, layout, state)
    SELECT device_number, observed_at, layout, state FROM incoming_readings ORDER BY device_number, observed_at
    ON CONFLICT DO NOTHING
    RETURNING device_number, observed_at
), marked AS (
    INSERT INTO devices_stalehour (hour, device_numbers)
    SELECT date_trunc('hour', observed_at, 'UTC') AS hour, array_agg(DISTINCT device_number) FROM kept GROUP BY hour
), newest AS MATERIALIZED (
    SELECT DISTINCT ON (device_number) device_number, observed_at, layout, state
    FROM incoming_readings ORDER BY device_number, observed_at DESC
), moved AS (
    UPDATE devices_devicestate latest
    SET observed_at = newest.observed_at, received_at = %(now)s, layout = newest.layout, state = newest.state
    FROM newest
    WHERE latest.number = newest.device_number
      AND (latest.observed_at IS NULL OR latest.observed_at < newest.observed_at)
    RETURNING latest.device_id, LEAST(newest.observed_at, %(now)s) AS heard_at
), heard AS (
    UPDATE devices_device device SET last_reading_at = moved.heard_at
    FROM moved
    WHERE device.id = moved.device_id
      AND (device.last_reading_at IS NULL OR device.last_reading_at < moved.heard_at)
    RETURNING device.id, moved.heard_at, device.awaited_since
), awaited AS (
    INSERT INTO devices_signoflife (device_id, heard_at)
    SELECT id, heard_at FROM heard WHERE awaited_since <= heard_at ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING device_id
)
SELECT (SELECT count(*) FROM kept), (SELECT count(*) FROM awaited)
"""


@transaction.atomic
def keep(rows: Sequence[Row], *, now: datetime) -> int:
    """How many of them were new."""
    partitions.ensure(partitions.READINGS, {row.observed_at.astimezone(UTC).date() for row in rows})
    with connection.cursor() as cursor:
        cursor.execute(INCOMING)
        with cursor.copy(COPY) as copy:
            copy.write("".join(map(_line, rows)))
        cursor.execute(KEEP, {"now": now})
        count, awaited = cursor.fetchone()
        cursor.execute("TRUNCATE incoming_readings")  # the caller's transaction may keep more
    if awaited:
        jobs.wake(SIGNS)
    return int(count)


def _line(row: Row) -> str:
    """As COPY reads it. A written state has no character that means something there: devices/telemetry/forms."""
    number, observed_at, layout, state = row
    return f"{number}\t{observed_at.isoformat()}\t{layout}\t{state}\n"
