"""A device's 90 days at 15 minutes, read over HTTP, among the readings of others; and what a reading takes on disk."""

import os
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import orjson
from django.db import connection

from devices.models import Device, Reading
from devices.telemetry import forms, keeping, layouts, partitions, rollups
from devices.telemetry.keeping import Row
from devices.telemetry.taking import Observed, take
from partners.models import Partner
from texture_portal import clock
from texture_portal.bench import fleets
from texture_portal.bench.measuring import Measurement
from texture_portal.bench.posting import TIMEOUT_SECONDS, Sender, sender
from texture_portal.bench.scratch import scratch_database
from texture_portal.demo.server import HOST, free_port, serving

QUARTER = timedelta(minutes=15)
DAYS, FLEET = 90, 20
READS = 40
PAGE = 5_000
ROWS = 480_000  # ROWS=9600000: a day of 100,000 devices
A_DAY = 96
BATCH = 5_000


def measure(data: Path | None) -> Measurement:
    """Rolled up by 15 minutes, in pages of 5,000; seconds are those of a page. Against hourly ones."""
    with scratch_database() as database_url, tempfile.TemporaryDirectory() as folder:
        credentials = fleets.partner_with_devices(FLEET)
        end = clock.now().replace(minute=0, second=0, microsecond=0)
        _fill(Partner.objects.get(pk=credentials["partnerId"]), begin=end - DAYS * timedelta(days=1), end=end)
        port = free_port()
        with serving(port=port, log=Path(folder) / "server.log", database_url=database_url):
            portal = sender(HOST, port, credentials)
            device = str(Device.objects.order_by("pk").values_list("pk", flat=True)[0])
            quarters = list(_read(portal, device, end, "15m"))
            hours = list(_read(portal, device, end, "1h"))
    rate, hourly_p95 = len(quarters) / sum(quarters), sorted(hours)[int(len(hours) * 0.95)]
    return Measurement(
        "history", rate, "pages/s", quarters, len(hours) / sum(hours), "the same 90 days by the hour",
        {"days": DAYS, "devices": FLEET, "page": PAGE, "hourly_p95_ms": round(hourly_p95 * 1000, 1)},
    )  # fmt: skip


def measure_size(data: Path | None) -> Measurement:
    """Bytes of a reading of a battery with all its fields, with its share of the index; as a day brings them."""
    rows = int(os.environ.get("ROWS", ROWS))
    with scratch_database():
        devices, form = rows // A_DAY, forms.form_of("battery")
        layout = layouts.numbers_of([form.fields])[form.fields]
        midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        seconds = []
        for quarter in range(A_DAY):
            for first in range(0, devices, BATCH):
                batch = [
                    Row(number, midnight + quarter * QUARTER + timedelta(milliseconds=number % 900_000), layout,
                        form.write(fleets.battery_state()))
                    for number in range(first, min(first + BATCH, devices))
                ]  # fmt: skip
                began = time.perf_counter()
                keeping.keep(batch, now=midnight + timedelta(days=1))
                seconds.append(time.perf_counter() - began)
        part = partitions.READINGS.part(midnight.date())
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_total_relation_size(%s), pg_relation_size(%s)", [part, part])
            total, heap = cursor.fetchone()
        count = Reading.objects.count()
    return Measurement(
        "readings_size", total / count, "bytes/reading", seconds, heap / count, "without the index",
        {"rows": count, "kept_per_second": round(count / sum(seconds))},
    )  # fmt: skip


def _fill(partner: Partner, *, begin: datetime, end: datetime) -> None:
    """As a fleet tells it: all devices at one instant, then the next."""
    names = list(Device.objects.order_by("pk").values_list("manufacturer_device_id", flat=True)[:FLEET])
    at, batch = begin, []
    while at < end:
        batch += [Observed(name, at, fleets.battery_state()) for name in names]
        at += QUARTER
        if len(batch) >= BATCH or at >= end:
            take(partner, batch, now=clock.now())
            batch = []
    while rollups.roll_up(now=clock.now()):
        pass


def _read(portal: Sender, device: str, end: datetime, granularity: str) -> Iterator[float]:
    """Every page of the range, again and again."""
    start = quote(clock.to_wire(end - DAYS * timedelta(days=1)))
    base = f"/v1/devices/{device}/telemetry?start={start}&end={quote(clock.to_wire(end))}"
    base += f"&granularity={granularity}&limit={PAGE}"
    http = HTTPConnection(portal.host, portal.port, timeout=TIMEOUT_SECONDS)
    for _ in range(READS):
        cursor: str | None = ""
        while cursor is not None:
            began = time.perf_counter()
            body = _get(http, base + (f"&cursor={cursor}" if cursor else ""), portal.token)
            yield time.perf_counter() - began  # what the client makes of it is its own affair
            cursor = orjson.loads(body)["nextCursor"]
    http.close()


def _get(http: HTTPConnection, target: str, token: str) -> bytes:
    http.request("GET", target, headers={"Authorization": f"Bearer {token}"})
    response = http.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{target} answered {response.status}: {body[:300]!r}")
    return body
