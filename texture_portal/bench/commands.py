"""10,000 commands from issuing to the last acknowledgement recorded, by webhook and by calls; and one at a time."""

import multiprocessing
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import sample
from typing import Any

from django.db import connection, connections, transaction
from django.test import override_settings

from devices.commands.issuing import DispatchClearance, Order, issue
from devices.commands.sending.pulling.tasks import call_due
from devices.commands.tasks import work_off
from devices.connections.programmatic import connect_by_api_key
from devices.connectors.pull import shipped
from devices.models import Cloud, Command, Connection, Device
from devices.telemetry.taking import Observed, take
from partners.models import Customer, Partner
from partners.webhooks import endpoints
from partners.webhooks.delivery import deliver_due
from territories.models import Site
from texture_portal import actors, clock
from texture_portal.bench.acceptor import LATENCY_SECONDS
from texture_portal.bench.measuring import Measurement
from texture_portal.bench.scratch import scratch_database
from texture_portal.demo.server import HOST

DEVICES, CHUNK, PARTNERS, SINGLES = 10_000, 1_000, 4, 40
TARGET_SECONDS = 20.0
BY = actors.system("bench", channel=actors.Channel.COMMAND)
GENEROUS = "3000/s:3000"
PATIENCE = 120.0
READINGS_A_SECOND = 100_000 // 60
FORKING = multiprocessing.get_context("fork")  # the children have the settings that the bench has overridden


def measure_push(data: Path | None) -> Measurement:
    """Four partners, each with one endpoint. `data` plays no part."""
    with _stage() as port:
        for number in range(PARTNERS):
            partner = Partner.objects.create(name=f"Bench {number}", kind=Partner.Kind.OEM)
            url = f"http://{HOST}:{port}/in"
            endpoints.add(partner, url=url, event_types=["command.requested"], now=clock.now(), by=BY)
            _fleet(partner, DEVICES // PARTNERS)
        return _measured("commands_push", (_work_off, _deliver))


def measure_pull(data: Path | None) -> Measurement:
    """One cloud that allows as many calls as come."""
    with _stage() as port:
        partner = Partner.objects.create(name="Bench", kind=Partner.Kind.OEM)
        limits = dict.fromkeys(("metadata", "telemetry", "control"), GENEROUS)
        cloud = Cloud.objects.create(
            partner=partner, name="Bench", base_url=f"http://{HOST}:{port}", document=shipped.document("simulated"),
            rate_limits=limits,
        )  # fmt: skip
        connect_by_api_key(cloud, grantor=Connection.Grantor.FLEET, key="none", now=clock.now(), by=BY)
        _fleet(partner, DEVICES, through=cloud.connections.get())
        return _measured("commands_pull", (_call,))


def _measured(name: str, workers: tuple[Any, ...]) -> Measurement:
    """As the portal runs: its workers are processes beside, which find what is issued."""
    ids = list(Device.objects.order_by("pk").values_list("pk", flat=True))
    connections.close_all()  # a forked process must not have ours
    stop = FORKING.Event()
    running = [FORKING.Process(target=_again_and_again, args=(each, stop), daemon=True) for each in workers]
    for each in running:
        each.start()
    began = time.perf_counter()
    issued_in = _issue_all(ids)
    try:
        _until(lambda: not Command.objects.filter(acknowledged_at=None).exists())
        seconds = time.perf_counter() - began
        running.append(FORKING.Process(target=_tell_on, args=(stop,), daemon=True))
        connections.close_all()
        running[-1].start()
        singles = [_single(each) for each in ids[:SINGLES]]
    finally:
        stop.set()
        for each in running:
            each.join()
    return Measurement(
        name, DEVICES / seconds, "commands/s", singles, DEVICES / TARGET_SECONDS,
        f"{DEVICES} acknowledged in {TARGET_SECONDS:.0f} s; p50 and p95 are of one at a time, with telemetry beside",
        {"commands": DEVICES, "seconds": round(seconds, 1), "issued_in_s": round(issued_in, 1),
         "latency_ms": int(LATENCY_SECONDS * 1000), "status": Command.objects.filter(error_code="").count()},
    )  # fmt: skip


def _issue_all(ids: list[Any]) -> float:
    began = time.perf_counter()
    for place in range(0, len(ids), CHUNK):
        devices = Device.objects.filter(pk__in=ids[place : place + CHUNK])
        with transaction.atomic():
            made = issue([_order(each) for each in devices], now=clock.now(), by=BY)
        if refused := next((each for each in made if each.error_code), None):
            raise RuntimeError(f"{refused.error_code}: {refused.error_detail}")
    return time.perf_counter() - began


def _single(device_id: Any) -> float:
    began = time.perf_counter()
    with transaction.atomic():
        [command] = issue([_order(Device.objects.get(pk=device_id))], now=clock.now(), by=BY)
    _until(lambda: Command.objects.filter(pk=command.pk, acknowledged_at__isnull=False).exists())
    return time.perf_counter() - began


def _order(device: Device) -> Order:
    return Order(
        device=device, command="battery:set-reserve", input={"chargePercentage": 40},
        expires_at=clock.now() + timedelta(minutes=15), clearance=DispatchClearance("demand_response"),
    )  # fmt: skip


def _until(true: Any) -> None:
    ends = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > ends:
            raise RuntimeError(f"not all were acknowledged within {PATIENCE:.0f} s")
        time.sleep(0.02)


def _again_and_again(work: Any, stop: Any) -> None:
    try:
        while not stop.is_set():
            work()
            time.sleep(0.05)
    finally:
        connection.close()


def _tell_on(stop: Any) -> None:
    """Telemetry as it comes beside: 100,000 readings a minute, one after another of every device."""
    fleets = [list(each.devices.values_list("manufacturer_device_id", flat=True)) for each in Partner.objects.all()]
    try:
        while not stop.is_set():
            began, now = time.monotonic(), clock.now()
            for partner, names in zip(Partner.objects.all(), fleets, strict=True):
                told = sample(names, k=READINGS_A_SECOND // len(fleets))
                take(partner, [Observed(each, now, {"chargePercentage": 70}) for each in told], now=now)
            stop.wait(max(0.0, 1 - (time.monotonic() - began)))
    finally:
        connection.close()


def _work_off() -> None:
    work_off(now=clock.now())


def _deliver() -> None:
    deliver_due(now=clock.now())


def _call() -> None:
    call_due(now=clock.now())


def _fleet(partner: Partner, count: int, *, through: Connection | None = None) -> None:
    customer = Customer(partner=partner, reference_id="bench")
    customer.give_key()
    customer.save()
    site = Site.objects.create(customer_id=customer.pk, address_key=f"bench {partner.pk}")
    devices = Device.objects.bulk_create(
        Device(
            partner=partner, customer=customer, site=site, manufacturer_device_id=f"B-{number}", connection=through,
            serial_number=f"S-{number}", manufacturer="Bench", serial_key=f"bench|{partner.pk}{number}", model="B",
            type="battery", commissioned_on=clock.now().date(), controllable=True, telemetry=True,
            commands=["battery:set-reserve"], may_read=True, may_control=True, cleared_types=["demand_response"],
        )
        for number in range(count)
    )  # fmt: skip
    now = clock.now()
    take(partner, [Observed(each.manufacturer_device_id, now, {"chargePercentage": 70}) for each in devices], now=now)


@contextmanager
def _stage() -> Iterator[int]:
    with scratch_database(), override_settings(OUTBOUND_ALLOWED_HOSTS=[HOST]):
        command = [sys.executable, "-m", "texture_portal.bench.acceptor"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("the other side has no pipes")
            yield int(process.stdout.readline())
            process.stdin.close()
