"""The buildings that the demo enrolls, and what must come of each on the demo's own grid."""

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from devices.kinds import KINDS, DeviceType
from texture_portal.clock import to_wire

FILE = Path(__file__).with_name("buildings.csv")
CONSENTED_TO = ["demand_response", "virtual_power_plant", "managed_charging"]
STALE = timedelta(days=91)
MODELS = {"battery": "PowerStack 3", "charger": "Plug 48", "thermostat": "Comfort 2"}


@dataclass(frozen=True, slots=True)
class Expectation:
    """`outcome` is the match's, or the problem's code; `utility` is an EIA id, `cca` a name, "" where there is none."""

    outcome: str
    state: str
    utility: str
    cca: str
    programs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Building:
    """`coordinates` are (latitude, longitude), good to some 100 m; `told` is how this enrollment is out of line."""

    number: int
    name: str
    address: dict[str, str]
    coordinates: tuple[float, float] | None
    device: DeviceType
    told: str
    expected: Expectation

    @property
    def address_line(self) -> str:
        return "{streetOne}, {city} {state} {postalCode}".format_map(self.address)

    def document(self, *, run: str, now: datetime) -> dict[str, Any]:
        """The enrollment to post. `run` keeps the devices of one demo apart from the next one's."""
        return {
            "device": self._device(run),
            "site": {"address": self.address, **self._coordinates()},
            "customer": {"referenceId": f"demo-customer-{self.number}"},
            "consent": {"optedIn": False} if self.told == "not_opted_in" else self.consent(now=now),
            "eligibility": {"installerId": "demo-installer", "salesChannel": "installer"},
        }

    def consent(self, *, now: datetime) -> dict[str, Any]:
        age = STALE if self.told == "stale_consent" else timedelta(hours=1)
        return {
            "optedIn": True,
            "grantedAt": to_wire((now - age).replace(microsecond=0)),
            "source": "installer_app",
            "termsVersion": "2026-01",
            "programTypes": CONSENTED_TO,
            "evidence": {"method": "digital_form", "ipAddress": "203.0.113.7", "userAgent": "DemoApp/1.0"},
        }

    def _device(self, run: str) -> dict[str, Any]:
        return {
            "manufacturerDeviceId": f"demo-{run}-{self.number:02}",
            "serialNumber": f"DHE-{run}-{self.number:02}",
            "manufacturer": "Demo Home Energy",
            "model": MODELS[self.device],
            "type": self.device.value,
            "commissionedOn": "2026-05-01",
            "capabilities": {
                "controllable": True,
                "telemetry": True,
                "commands": sorted(KINDS[self.device].commands),
            },
        }

    def _coordinates(self) -> dict[str, Any]:
        if self.coordinates is None:
            return {}
        latitude, longitude = self.coordinates
        return {"coordinates": {"latitude": latitude, "longitude": longitude}}


def buildings() -> list[Building]:
    with FILE.open(newline="", encoding="utf-8") as file:
        return [_building(number, row) for number, row in enumerate(csv.DictReader(file), start=1)]


def _building(number: int, row: dict[str, str]) -> Building:
    return Building(
        number=number,
        name=row["name"],
        address={
            "streetOne": row["street"],
            "city": row["city"],
            "state": row["state"],
            "postalCode": row["zip"],
            "country": "US",
        },
        coordinates=(float(row["latitude"]), float(row["longitude"])) if row["latitude"] else None,
        device=DeviceType(row["device"]),
        told=row["told"],
        expected=Expectation(
            outcome=row["outcome"],
            state=row["enrollment_state"],
            utility=row["utility"],
            cca=row["cca"],
            programs=tuple(name.strip() for name in row["programs"].split(";") if name.strip()),
        ),
    )
