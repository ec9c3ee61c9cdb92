"""A device's telemetry in the cloud's own words and units: kW, kWh, °C; + charges a battery, and feeds the grid."""

from collections.abc import Callable
from typing import Any

from partners.sandbox.clock import to_wire
from partners.sandbox.fleet import Unit
from partners.sandbox.homes import Home, Kind
from partners.sandbox.physics import car, warmth
from partners.sandbox.physics.life import Sample

IDLE_KW = 1e-6
Reading = dict[str, Any]


def reading(unit: Unit, sample: Sample, *, online: bool = True, storm: bool = False) -> Reading:
    """`online` false: the cloud has lost sight of the device and tells the last it knows."""
    home = unit.site.home
    shown: Reading = {"device_id": unit.id, "observed_at": to_wire(sample.at), "online": online}
    for block in BLOCKS[unit.kind]:
        if (told := SHOWN[block](home, sample)) is not None:
            shown[block] = told
    if unit.kind == Kind.BATTERY and home.battery:
        shown["battery"]["storm_guard"] = {"enabled": home.battery.storm_guard, "active": storm}
    return shown


def _battery(home: Home, sample: Sample) -> Reading | None:
    if home.battery is None:
        return None
    energy, power = sample.levels["energy_kwh"], sample.kw["battery"]
    return {
        "soc_percent": _fine(100 * energy / home.battery.capacity_kwh),
        "energy_kwh": _fine(energy),
        "power_kw": _fine(power),
        "status": _of_sign(power, "CHARGING", "DISCHARGING", "STANDBY"),
        "reserve_percent": sample.setpoints.reserve_percent,
        "mode": sample.setpoints.battery_mode.upper() if sample.setpoints.forced_kw is None else "FORCED",
    }


def _grid(home: Home, sample: Sample) -> Reading:
    power = -sample.kw["grid"]
    return {"power_kw": _fine(power), "status": _of_sign(power, "EXPORTING", "IMPORTING", "BALANCED")}


def _inverter(home: Home, sample: Sample) -> Reading:
    return {
        "ac_power_kw": _fine(sample.kw["solar"]),
        "status": "PRODUCING" if sample.kw["solar"] > IDLE_KW else "ASLEEP",
        "export_limit_kw": sample.setpoints.export_limit_kw,
        "curtailment_percent": sample.setpoints.curtailment_percent,
        "power_factor": sample.setpoints.power_factor,
    }


def _charger(home: Home, sample: Sample) -> Reading:
    volts = home.charger.volts if home.charger else 0.0
    power, plugged = sample.kw["charger"], not _is_away(home, sample)
    return {
        "status": "CHARGING" if power > IDLE_KW else "PLUGGED_IN" if plugged else "AVAILABLE",
        "power_kw": _fine(power),
        "voltage_v": volts,
        "current_a": _fine(power * 1000 / volts) if volts else 0.0,
        "current_limit_a": sample.setpoints.amps_limit,
    }


def _vehicle(home: Home, sample: Sample) -> Reading | None:
    if home.car is None:
        return None
    power, plugged = sample.kw["charger"], not _is_away(home, sample)
    return {
        "soc_percent": _fine(100 * sample.levels["car_kwh"] / home.car.capacity_kwh),
        "energy_kwh": _fine(sample.levels["car_kwh"]),
        "plugged_in": plugged,
        "charging": power > IDLE_KW,
        "power_kw": _fine(power),
        "charge_limit_percent": sample.setpoints.charge_limit_percent,
    }


def _thermostat(home: Home, sample: Sample) -> Reading:
    heat, cool = warmth.targets(sample.setpoints, sample.hour)
    mode = sample.setpoints.hvac_mode
    return {
        "temperature_c": _fine(sample.levels["indoor_c"]),
        "mode": mode.upper(),
        "heat_setpoint_c": heat if mode in ("heat", "auto") else None,
        "cool_setpoint_c": cool if mode in ("cool", "auto") else None,
        "fan": sample.setpoints.fan.upper(),
        "equipment": _of_sign(sample.works, "HEATING", "COOLING", "IDLE"),
        "power_kw": _fine(sample.kw["hvac"]),
        "hold_until": None if sample.setpoints.hold_until is None else to_wire(sample.setpoints.hold_until),
    }


BLOCKS = {
    Kind.BATTERY: ("battery", "grid"),
    Kind.INVERTER: ("inverter", "grid", "battery"),
    Kind.CHARGER: ("charger",),
    Kind.VEHICLE: ("vehicle",),
    Kind.THERMOSTAT: ("thermostat",),
}
SHOWN: dict[str, Callable[[Home, Sample], Reading | None]] = {
    "battery": _battery,
    "grid": _grid,
    "inverter": _inverter,
    "charger": _charger,
    "vehicle": _vehicle,
    "thermostat": _thermostat,
}


def _is_away(home: Home, sample: Sample) -> bool:
    return car.is_away(car.trip_of(home, sample.day), sample.hour)


def _of_sign(power: float, positive: str, negative: str, none: str) -> str:
    return positive if power > IDLE_KW else negative if power < -IDLE_KW else none


def _fine(value: float) -> float:
    """Milliwatts and milliwatt-hours: so fine that sums over ninety days still agree. And no minus zero."""
    return round(value, 6) + 0.0
