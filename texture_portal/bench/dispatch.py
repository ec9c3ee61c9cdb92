"""An event over a whole fleet: drawing up its preview, making its commands, and opening its page meanwhile."""

import os
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Sum
from django.test import Client
from django.urls import reverse

from devices.commands import progress
from devices.commands.states import Status
from devices.kind import DeviceType
from devices.models import Command, CommandReport, Device
from devices.telemetry.taking import Observed, take
from programs.dispatch import previewing, sampling, scheduling, starting
from programs.dispatch.instructions import Discharge
from programs.models import DispatchEvent, Participation, Program
from texture_portal import clock
from texture_portal.bench import fleets
from texture_portal.bench.measuring import Measurement
from texture_portal.bench.scratch import scratch_database
from texture_portal.demo.setting import BY

DEVICES = int(os.environ.get("DEVICES", 10_000))
PAGES = 20
AT_ONCE = 1_000
CLEARED = """
UPDATE devices_device SET may_control = true, may_read = true, cleared_types = %s, commands = %s, ratings = %s
"""
SPREAD = "UPDATE territories_site SET latitude = latitude + random() * 0.8, longitude = longitude + random() * 0.8"


def measure(data: Path | None) -> Measurement:
    """$DEVICES batteries in one event, half of which answered. `data` plays no part."""
    with scratch_database():
        event, seconds = _run()
        page, once = _opened(event)
        return Measurement(
            "dispatch_page",
            1 / statistics.fmean(page),
            "pages/s",
            page,
            1 / _bare(event),
            "reading the targets' expected kW with one sum and no page",
            {
                "devices": event.targets.count(),
                "commands": Command.objects.filter(event_id=event.pk).count(),
                "slowest_page_s": round(max(page), 3),
                "first_page_s": round(once, 3),
                **{f"{name}_s": round(value, 2) for name, value in seconds.items()},
            },
        )


def _run() -> tuple[DispatchEvent, dict[str, float]]:
    program = _fleet()
    now = clock.now()
    wanted = scheduling.Wanted(
        "Bench", now + timedelta(minutes=5), now + timedelta(hours=2), {DeviceType.BATTERY: Discharge(0.5)}
    )
    event = scheduling.draft(program, wanted, reason="bench", now=now, by=BY)
    seconds = {"preview": _timed(lambda: previewing.look_at_some(now=now))}
    event = scheduling.schedule(event, reason="bench", now=now, by=BY)
    then = event.starts_at
    starting.begin_due(now=then)
    seconds["make_commands"] = _timed(lambda: starting.tell_some(now=then))
    half = list(Command.objects.filter(event_id=event.pk, restores=None).values_list("pk", flat=True)[: DEVICES // 2])
    for begin in range(0, len(half), AT_ONCE):
        source = CommandReport.Source.API
        reports = [progress.Report(each, Status.COMPLETE, source) for each in half[begin : begin + AT_ONCE]]
        progress.record(reports, now=then, by=BY)
    seconds["sample"] = _timed(lambda: sampling.sample_due(now=then), times=1)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return DispatchEvent.objects.get(pk=event.pk), seconds


def _fleet() -> Program:
    fleets.partner_with_devices(DEVICES)
    ratings = '{"energyCapacityWh": 13500, "maxChargePowerW": 5000, "maxDischargePowerW": 5000}'
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLEARED, [["demand_response", "virtual_power_plant"], ["battery:set-power"], ratings])
        cursor.execute(SPREAD)
    devices = list(Device.objects.select_related("partner"))
    now = clock.now()
    for begin in range(0, len(devices), AT_ONCE):
        told = [
            Observed(each.manufacturer_device_id, now, fleets.battery_state() | {"chargePercentage": 80})
            for each in devices[begin : begin + AT_ONCE]
        ]
        take(devices[0].partner, told, now=now)
    return Participation.objects.live().select_related("program")[0].program


def _timed(piece: Callable[[], Any], *, times: int = 1_000) -> float:
    began = time.perf_counter()
    while piece() and times > 1:
        times -= 1
    return time.perf_counter() - began


def _opened(event: DispatchEvent) -> tuple[list[float], float]:
    """The page as an administrator opens it, in this process; the first one has templates to compile."""
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.create_superuser("bench", password=None))
    url = reverse("admin:programs_dispatchevent_change", args=(event.pk,))
    seconds = []
    for _ in range(PAGES + 1):
        began = time.perf_counter()
        if client.get(url).status_code != 200:
            raise RuntimeError("the page did not open")
        seconds.append(time.perf_counter() - began)
    return seconds[1:], seconds[0]


def _bare(event: DispatchEvent) -> float:
    began = time.perf_counter()
    for _ in range(PAGES):
        event.targets.aggregate(Sum("expected_kw"))
    return (time.perf_counter() - began) / PAGES
