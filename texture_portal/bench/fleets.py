"""Fleets to measure with: one partner's batteries, from real enrollments and copies of them."""

import json
import random
from typing import Any

from devices.models import Device
from texture_portal import clock
from texture_portal.bench.crowd import multiply
from texture_portal.bench.enrollment import enroll_one
from texture_portal.demo import setting


def partner_with_devices(number: int) -> dict[str, str]:
    """Its credentials. There may be a few devices more."""
    setting.lay_grid(None)
    setting.make_programs()
    credentials: dict[str, str] = json.loads(setting.take_on_partner(now=clock.now()))
    enroll_one(credentials)
    multiply(number // Device.objects.count())
    return credentials


def battery_state() -> dict[str, Any]:
    """One with all its fields."""
    power = random.randint(-5000, 5000)  # noqa: S311 - a sample, no secret
    return {
        "charge": random.randint(0, 13500) + 0.5,  # noqa: S311
        "chargePercentage": round(random.uniform(0, 100), 1),  # noqa: S311
        "chargingState": "charging" if power < 0 else "discharging",
        "whConsumed": round(abs(power) / 12, 1),
        "chargeRate": power,
        "backupReserve": 20,
        "gridStatus": "importing" if power < 0 else "exporting",
        "gridPower": -power + 250.5,
        "gridEnergy": round(-power / 12, 1),
        "strategy": "self_consumption",
        "isStormModeEnabled": True,
        "isStormModeActive": False,
    }
