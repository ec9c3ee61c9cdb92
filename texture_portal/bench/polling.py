"""Polling a simulated OEM cloud: every device once, by one call for each and by one call for many; one worker."""

import json
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import override_settings

from devices.connections.programmatic import connect_by_api_key
from devices.connectors.pull import shipped
from devices.connectors.pull.parsing import parse
from devices.models import Cloud, Connection, Device, DeviceState, DiscoveredDevice, Poll, Reading
from devices.polling import discovery, known
from devices.polling.driving import Drive
from partners.models import Customer, Partner
from territories.models import Site
from texture_portal import actors, clock
from texture_portal.bench.measuring import Measurement
from texture_portal.bench.scratch import scratch_database
from texture_portal.demo.server import HOST

DEVICES, LATENCY_MS = 10_000, 200
BY = actors.system("bench", channel=actors.Channel.COMMAND)
LONGEST = 600.0
OPEN_SECONDS = 60.0  # as long as the target allows


@dataclass(frozen=True, slots=True)
class _Oem:
    told: dict[str, Any]

    def ask(self, method: str, path: str, *, key: str, document: Any = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own process
            self.told["url"] + path,
            method=method,
            data=None if document is None else json.dumps(document).encode(),
            headers={"Authorization": f"Bearer {key}", "X-API-Key": self.told["api_key"]},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            body = answer.read()
        return json.loads(body) if body else None

    def control(self, method: str, path: str, document: Any = None) -> Any:
        return self.ask(method, f"/control/{path}", key=self.told["control_key"], document=document)


def measure(data: Path | None) -> Measurement:
    """By single-device calls. `data` plays no part."""
    return _measure("polling", bulk=False)


def measure_bulk(data: Path | None) -> Measurement:
    return _measure("polling_bulk", bulk=True)


def _measure(name: str, *, bulk: bool) -> Measurement:
    document = shipped.document("simulated")
    if not bulk:
        del document["common"]["state"]["bulk"]
    with scratch_database(), override_settings(OUTBOUND_ALLOWED_HOSTS=[HOST]), _oem() as oem:
        cloud = _cloud(oem, document)
        discovery.begin(now=clock.now())
        began = time.perf_counter()
        Drive(clock.now(), open_for=LONGEST).run()
        discovered_in = time.perf_counter() - began
        _enroll_all(cloud)
        oem.control("POST", "faults", {"kind": "latency", "ms": LATENCY_MS, "category": "telemetry"})
        before = oem.control("GET", "counters")
        known.link_enrolled(now=clock.now())
        seconds = _seconds_until_all_were_asked()
        after = oem.control("GET", "counters")
        readings = Reading.objects.count()
        if readings < DEVICES:
            raise RuntimeError(f"{readings} readings of {DEVICES} devices came: {dict(_outcomes())}")
    return Measurement(
        name,
        DEVICES / seconds,
        "devices/s",
        [seconds, seconds],
        DEVICES / _least_seconds(document, bulk=bulk),
        "as fast as the cloud's documented limit and its latency allow",
        {
            "devices": DEVICES,
            "seconds": round(seconds, 1),
            "discovered_in_s": round(discovered_in, 1),
            "calls": after["requests"]["telemetry"] - before["requests"].get("telemetry", 0),
            "busiest_second": after["busiest_second"]["telemetry"],
            "answered_429": after["statuses"].get("429", 0),
            "latency_ms": LATENCY_MS,
            "readings": readings,
        },
    )


def _seconds_until_all_were_asked() -> float:
    """Once: those that were asked first are due again within minutes, so that the drive itself would go on."""
    began, told = time.perf_counter(), Queue[float]()

    def watch() -> None:
        while time.perf_counter() - began < OPEN_SECONDS + 15:
            if DeviceState.objects.filter(observed_at__isnull=False).count() >= DEVICES:
                told.put(time.perf_counter() - began)
                break
            time.sleep(0.25)
        connection.close()

    watcher = Thread(target=watch)
    watcher.start()
    Drive(clock.now(), open_for=OPEN_SECONDS).run()
    watcher.join()
    return told.get_nowait() if not told.empty() else time.perf_counter() - began


def _outcomes() -> "Counter[str]":
    return Counter(Poll.objects.exclude(kind=Poll.Kind.DISCOVERY).values_list("outcome", flat=True))


def _least_seconds(document: dict[str, Any], *, bulk: bool) -> float:
    if bulk:
        pages: float = DEVICES / document["calls"]["states"]["query"]["page_size"]
        return pages * LATENCY_MS / 1000
    limit = parse(document).limits["telemetry"]
    return (DEVICES - limit.burst) / limit.per_second + LATENCY_MS / 1000


def _cloud(oem: _Oem, document: dict[str, Any]) -> Cloud:
    partner = Partner.objects.create(name="Bench", kind=Partner.Kind.OEM)
    cloud = Cloud.objects.create(partner=partner, name="Simulated", base_url=oem.told["url"], document=document)
    connect_by_api_key(cloud, grantor=Connection.Grantor.FLEET, key=oem.told["api_key"], now=clock.now(), by=BY)
    return cloud


def _enroll_all(cloud: Cloud) -> None:
    """As enrollments would leave them, but for one customer and one site."""
    customer = Customer(partner=cloud.partner, reference_id="bench")
    customer.give_key()
    customer.save()
    site = Site.objects.create(customer_id=customer.pk, address_key="bench")
    Device.objects.bulk_create(
        Device(
            partner=cloud.partner,
            customer=customer,
            site=site,
            manufacturer_device_id=row.manufacturer_device_id,
            serial_number=row.serial_number,
            manufacturer=row.manufacturer,
            serial_key=f"{row.manufacturer}|{row.serial_number}",
            model=row.model,
            type=row.type,
            commissioned_on=clock.now().date(),
            controllable=True,
            telemetry=True,
            may_read=True,
            cleared_types=["demand_response"],
        )
        for row in DiscoveredDevice.objects.iterator()
    )


@contextmanager
def _oem() -> Iterator[_Oem]:
    """Warm: it has computed its homes' day, so that its own work is not measured."""
    command = [sys.executable, "-m", "partners.sandbox", f"--devices={DEVICES}", "--port=0"]
    with subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        if process.stdout is None:
            raise RuntimeError("the simulated cloud has no output")
        try:
            oem = _Oem(json.loads(process.stdout.readline()))
            cursor: str | None = ""
            while cursor is not None:
                page = oem.ask("GET", f"/v1/states?page_size=1000{f'&cursor={cursor}' if cursor else ''}", key="")
                cursor = page["next_cursor"]
            yield oem
        finally:
            process.terminate()
