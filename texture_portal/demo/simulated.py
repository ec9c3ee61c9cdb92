"""A simulated OEM cloud beside the demo, and its homes as enrollments of made-up customers."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from django.conf import settings

from devices.connections import ending, programmatic
from devices.kind import DeviceType
from devices.kinds import KINDS
from devices.models import Cloud, Connection
from examples.oem_client import Portal
from partners.models import Partner
from texture_portal.clock import to_wire
from texture_portal.demo.connecting import add_cloud
from texture_portal.demo.setting import BY, PARTNER

UNHURRIED = "metadata=1000/s,telemetry=1000/s,control=1000/s,historical=1000/s,token=1000/s"
CALLS_A_SECOND = dict.fromkeys(("metadata", "telemetry", "control", "historical"), "500/s:500")
CONSENTED_TO = ["capacity"]
TYPES = (DeviceType.BATTERY, DeviceType.THERMOSTAT, DeviceType.INVERTER)
TOWNS = (
    ("Golden Gate Ave", "San Francisco", "94102", 37.779, -122.419), ("Broadway", "Oakland", "94612", 37.805, -122.272),
    ("Civic Center Dr", "San Rafael", "94903", 37.998, -122.531), ("Oak St", "Oakland", "94607", 37.799, -122.264),
    ("Fifth Ave", "San Rafael", "94901", 37.974, -122.532),
)  # fmt: skip
PAGE, BATCH = 200, 100
STARTS_WITHIN = 60


@dataclass(frozen=True, slots=True)
class SimulatedCloud:
    """`account` and `password` are a resident's: whose home is listed first."""

    url: str
    api_key: str
    client_id: str
    client_secret: str
    account: str
    password: str

    def devices(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = self._page(cursor)
            found += page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    def _page(self, cursor: str | None) -> dict[str, Any]:
        given: dict[str, Any] = {"limit": PAGE, **({"cursor": cursor} if cursor else {})}
        with requests.Session() as http:
            http.trust_env = False
            answer = http.get(f"{self.url}/v1/devices", params=given, headers={"X-API-Key": self.api_key}, timeout=30)
        answer.raise_for_status()
        return dict(answer.json())


@contextmanager
def simulated_cloud(*, devices: int) -> Iterator[SimulatedCloud]:
    """As a process of its own, for as long as the block lasts."""
    command = [
        sys.executable, "-m", "partners.sandbox", "--devices", str(devices), "--port", "0",
        "--rate-limits", UNHURRIED, "--seed", str(secrets.randbelow(1000)),
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    try:
        told = json.loads(process.stdout.readline() if process.stdout else "")
        client = told["client"]
        yield SimulatedCloud(
            told["url"], told["api_key"], client["id"], client["secret"], told["account"], told["password"]
        )
    finally:
        process.terminate()
        process.wait(timeout=STARTS_WITHIN)


def connect(cloud: SimulatedCloud, *, now: datetime) -> Cloud:
    """By its fleet's API key, and so that end users can link devices. An earlier demo's ends: that cloud is gone."""
    partner = Partner.objects.get(name=PARTNER)
    for earlier in Connection.objects.filter(cloud__partner=partner).exclude(status=Connection.Status.REVOKED):
        ending.revoke(earlier, reason="the demo runs again", now=now, by=BY)
    for gone in Cloud.objects.filter(partner=partner).exclude(client_id=""):
        gone.client_id = ""  # it is offered to end users no more
        gone.save()
    made = add_cloud(
        partner, cloud.url, client_id=cloud.client_id, client_secret=cloud.client_secret, now=now,
        rate_limits=CALLS_A_SECOND,
    )  # fmt: skip
    programmatic.connect_by_api_key(made, grantor=Connection.Grantor.FLEET, key=cloud.api_key, now=now, by=BY)
    return made


def enroll(portal: Portal, devices: list[dict[str, Any]], *, run: str, now: datetime) -> dict[str, int]:
    """By the partner's API, in batches; how many are in which state then, or were refused by which code."""
    counts: dict[str, int] = {}
    documents = [_document(each, number, run=run, now=now) for number, each in enumerate(devices)]
    for begin in range(0, len(documents), BATCH):
        answer = portal.call("POST", "/v1/enrollments/batch", {"enrollments": documents[begin : begin + BATCH]})
        for result in answer.json()["results"]:
            word = result["enrollment"]["state"] if "enrollment" in result else result["problem"]["code"]
            counts[word] = counts.get(word, 0) + 1
    return counts


def taking_part(cloud: SimulatedCloud) -> list[dict[str, Any]]:
    """The fleet, always in the same order."""
    return [each for each in cloud.devices() if each["type"] in TYPES]


def address_of(number: int) -> dict[str, str]:
    """Of the home of so many-th device of the fleet."""
    street, city, zip_code, *_ = TOWNS[number % len(TOWNS)]
    line = f"{100 + number} {street}"
    return {"streetOne": line, "city": city, "state": "CA", "postalCode": zip_code, "country": "US"}


def _document(device: dict[str, Any], number: int, *, run: str, now: datetime) -> dict[str, Any]:
    *_, latitude, longitude = TOWNS[number % len(TOWNS)]
    # around the town's middle, a few hundred metres apart, so that a map has something to show
    off_north, off_east = (number * 37 % 100 - 50) / 6000, (number * 61 % 100 - 50) / 6000
    return {
        "requestId": f"demo-fleet-{run}-{number}",
        "device": {
            "manufacturerDeviceId": device["device_id"], "serialNumber": device["serial_number"],
            "manufacturer": device["manufacturer"], "model": device["model"], "type": device["type"],
            "commissionedOn": device["installed_at"][:10],
            "capabilities": {
                "controllable": True, "telemetry": True, "commands": sorted(KINDS[DeviceType(device["type"])].commands),
            },
            "ratings": _ratings(device["ratings"]),
        },
        "site": {
            "address": address_of(number),
            "coordinates": {"latitude": round(latitude + off_north, 5), "longitude": round(longitude + off_east, 5)},
        },
        "customer": {"referenceId": f"demo-home-{device['site_id']}"},
        "consent": {
            "optedIn": True, "grantedAt": to_wire((now - timedelta(hours=1)).replace(microsecond=0)),
            "source": "installer_app", "termsVersion": "2026-01", "programTypes": CONSENTED_TO,
        },
    }  # fmt: skip


def _ratings(said: dict[str, float]) -> dict[str, float]:
    """In the registry's names and units."""
    names = {
        "capacity_kwh": ("energyCapacityWh", 1000), "max_charge_kw": ("maxChargePowerW", 1000),
        "max_discharge_kw": ("maxDischargePowerW", 1000), "rated_kw": ("ratedPowerW", 1000),
    }  # fmt: skip
    return {names[name][0]: value * names[name][1] for name, value in said.items() if name in names}
