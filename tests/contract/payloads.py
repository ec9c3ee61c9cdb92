"""Request bodies after the contract's §3, and small changes to them by JSON pointer."""

import copy
import datetime
import itertools
import uuid
from typing import Any

from . import grid

_numbers = itertools.count(1)


def ago(**how_long: float) -> str:
    """RFC 3339, in UTC: `ago(days=91)`, `ago(seconds=-10)` for ten seconds ahead."""
    then = datetime.datetime.now(datetime.UTC) - datetime.timedelta(**how_long)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def planned(**changes: Any) -> dict[str, Any]:
    """Maintenance of two hours, three days ahead."""
    what = "Our telemetry API moves to a new database."
    return {"what": what, "startsAt": ago(hours=-72), "endsAt": ago(hours=-74), **changes}


def consent(*program_types: str, **changes: Any) -> dict[str, Any]:
    return {
        "optedIn": True,
        "grantedAt": ago(hours=1),
        "source": "device_app",
        "termsVersion": "2026-01",
        "programTypes": list(program_types or ("demand_response", "virtual_power_plant")),
        "evidence": {"method": "digital_form", "ipAddress": "203.0.113.7", "userAgent": "AcmeApp/9.1"},
        **changes,
    }


def enrollment(place: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    """A device never used before, at `place`; `changes` replace top-level members."""
    number = f"{next(_numbers):05d}-{uuid.uuid4().hex[:8]}"
    return {
        "device": {
            "manufacturerDeviceId": f"PW3-{number}",
            "serialNumber": f"TG{number}",
            "manufacturer": "Acme Energy",
            "model": "PowerStack 3",
            "type": "battery",
            "commissionedOn": "2026-05-01",
            "capabilities": {
                "controllable": True,
                "telemetry": True,
                "commands": ["battery:set-reserve", "battery:set-operating-mode"],
            },
            "ratings": {"energyCapacityWh": 13500, "maxChargePowerW": 5000, "maxDischargePowerW": 5000},
        },
        "site": {"address": dict(place or grid.MATCHED)},
        "customer": {"referenceId": f"cust-{number}", "utilityAccountNumber": "5512345678"},
        "consent": consent(),
        "eligibility": {
            "programIds": [],
            "utilityAccountVerified": False,
            "installerId": "inst-9",
            "salesChannel": "retail",
        },
        **changes,
    }


def changed(body: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """A copy with the member at `pointer` set, and the objects on the way to it made where missing."""
    *way, last = pointer.removeprefix("/").split("/")
    made = copy.deepcopy(body)
    inner = made
    for name in way:
        inner = inner.setdefault(name, {})
    inner[last] = value
    return made


def without(body: dict[str, Any], pointer: str) -> dict[str, Any]:
    *way, last = pointer.removeprefix("/").split("/")
    made = copy.deepcopy(body)
    inner = made
    for name in way:
        inner = inner[name]
    del inner[last]
    return made


def again(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The same customer and site with another device."""
    return {**copy.deepcopy(body), "device": enrollment()["device"], **changes}


FACT = {
    "consent.revoked": "revokedAt",
    "consent.expired": "expiredAt",
    "device.decommissioned": "decommissionedAt",
    "device.relocated": "relocatedOn",
    "device.ownership_transferred": "transferredOn",
    "device.connectivity_lost": "lastSeenAt",
    "device.connectivity_restored": "restoredAt",
}
MORE: dict[str, dict[str, Any]] = {
    "consent.revoked": {"source": "device_app"},
    "device.decommissioned": {"reason": "The customer bought a bigger one."},
    "device.relocated": {"previousAddress": grid.MATCHED, "newAddress": grid.WANTS_SET_POWER},
    "device.ownership_transferred": {"previousOwner": "cust-1", "newOwner": "cust-2"},
}


def event(type: str, device: str, at: str | None = None, **changes: Any) -> dict[str, Any]:
    """About a fact of a minute ago, unless `at` says when it was."""
    at = at or ago(minutes=1)
    data = {FACT[type]: at, **MORE.get(type, {}), **changes.pop("data", {})}
    return {
        "id": f"evt-{uuid.uuid4()}", "type": type, "manufacturerDeviceId": device, "occurredAt": at, "data": data,
        **changes,
    }  # fmt: skip


def endpoint(*event_types: str, **changes: Any) -> dict[str, Any]:
    return {"url": "https://hooks.acme.example/in", "eventTypes": list(event_types or ("*",)), **changes}
