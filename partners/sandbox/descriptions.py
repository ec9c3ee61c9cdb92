"""Sites and devices as the cloud lists them: what they are, not what they do."""

from typing import Any

from partners.sandbox.clock import to_wire
from partners.sandbox.fleet import MANUFACTURER, MODELS, Site, Unit
from partners.sandbox.homes import Kind
from partners.sandbox.places import DAY
from partners.sandbox.vocabulary import COMMANDS

INSTALLED = 1_704_067_200  # 2024-01-01; homes were fitted out in the year after


def site(shown: Site) -> dict[str, Any]:
    place = shown.home.place
    return {
        "site_id": shown.id,
        "account": shown.account,
        "program": shown.program,
        "address": {
            "street": shown.home.street,
            "city": place.city,
            "state": place.state,
            "postal_code": place.postal_code,
            "country": "US",
        },
        "latitude": place.latitude,
        "longitude": place.longitude,
        "timezone": place.timezone,
        "device_count": len(shown.units),
    }


def device(shown: Unit) -> dict[str, Any]:
    return {
        "device_id": shown.id,
        "serial_number": shown.serial,
        "site_id": shown.site.id,
        "account": shown.site.account,
        "type": shown.kind.value,
        "manufacturer": MANUFACTURER,
        "model": MODELS[shown.kind],
        "installed_at": to_wire(INSTALLED + shown.site.home.number % 365 * DAY),
        "commands": sorted(name for name, command in COMMANDS.items() if command.kind == shown.kind),
        "ratings": _ratings(shown),
    }


def _ratings(shown: Unit) -> dict[str, float]:
    home = shown.site.home
    if shown.kind == Kind.BATTERY and home.battery:
        return {"capacity_kwh": home.battery.capacity_kwh, "max_charge_kw": home.battery.max_kw,
                "max_discharge_kw": home.battery.max_kw}  # fmt: skip
    if shown.kind == Kind.INVERTER:
        return {"rated_kw": home.solar_kw}
    if shown.kind == Kind.CHARGER and home.charger:
        return {"rated_amps": home.charger.max_amps, "rated_volts": home.charger.volts}
    if shown.kind == Kind.VEHICLE and home.car:
        return {"capacity_kwh": home.car.capacity_kwh}
    return {"min_c": 7.0, "max_c": 35.0}
