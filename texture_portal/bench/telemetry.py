"""Readings over HTTP, signed, in batches of 1,000, against the real server."""

import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from devices.models import Device, Reading
from texture_portal import clock
from texture_portal.bench import fleets
from texture_portal.bench.measuring import Measurement
from texture_portal.bench.posting import Post, Sender, sender
from texture_portal.bench.scratch import scratch_database
from texture_portal.demo.server import HOST, free_port, serving

TELEMETRY = "/v1/telemetry"
DEVICES, BATCH_SIZE = 10_000, 1_000
CLIENTS = 4
WARM_UP, BATCHES = 20, 100
STEP = timedelta(minutes=5)


def measure(data: Path | None) -> Measurement:
    """Every device reports every five minutes, with all its fields; seconds are those of a whole batch."""
    with _stage() as (portal, names):
        posts = list(_posts(portal, names, WARM_UP + BATCHES))
        portal.send(posts[:WARM_UP], clients=CLIENTS, expect=202)
        sent = portal.send(posts[WARM_UP:], clients=CLIENTS, expect=202)
        kept, expected = Reading.objects.count(), (WARM_UP + BATCHES) * BATCH_SIZE
        if kept != expected:
            raise RuntimeError(f"{kept} readings where {expected} were sent")
        return Measurement(
            "telemetry",
            sent.rate * BATCH_SIZE,
            "readings/s",
            sent.seconds,
            _bare_rate(),
            "COPY of the same readings into one empty table with the same key, by one connection",
            {"clients": CLIENTS, "batches": BATCHES, "batch_size": BATCH_SIZE, "devices": len(names)},
        )


@contextmanager
def _stage() -> Iterator[tuple[Sender, list[str]]]:
    with scratch_database() as database_url, tempfile.TemporaryDirectory() as folder:
        credentials = fleets.partner_with_devices(DEVICES)
        port = free_port()
        with serving(port=port, log=Path(folder) / "server.log", database_url=database_url):
            names = list(Device.objects.order_by("pk").values_list("manufacturer_device_id", flat=True)[:DEVICES])
            yield sender(HOST, port, credentials), names


def _posts(portal: Sender, names: list[str], batches: int) -> Iterator[Post]:
    """The devices in turn, a batch each; once all had theirs, the next instant."""
    rounds = batches * BATCH_SIZE // len(names) + 1
    begin = clock.now() - rounds * STEP
    for number in range(batches):
        done, place = divmod(number * BATCH_SIZE, len(names))
        at = begin + done * STEP
        yield portal.sign(TELEMETRY, {"readings": [_reading(name, at) for name in names[place : place + BATCH_SIZE]]})


def _reading(name: str, at: datetime) -> dict[str, Any]:
    jitter = timedelta(milliseconds=random.randrange(60_000))  # noqa: S311 - a sample, no secret
    return {
        "manufacturerDeviceId": name,
        "observedAt": clock.to_wire(at + jitter),
        "state": fleets.battery_state(),
    }


def _bare_rate() -> float:
    """Readings a second that the database takes where nothing is asked of it but the key."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare_readings (LIKE devices_reading INCLUDING ALL)")
        cursor.execute("SELECT observed_at, device_number, layout, state FROM devices_reading")
        rows = cursor.fetchall()
        written = "".join(f"{at.isoformat()}\t{number}\t{layout}\t{state}\n" for at, number, layout, state in rows)
        began = time.perf_counter()
        with cursor.copy("COPY bare_readings (observed_at, device_number, layout, state) FROM STDIN") as copy:
            copy.write(written)
        return len(rows) / (time.perf_counter() - began)
