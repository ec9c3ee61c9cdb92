"""The commands that the cloud takes: each one's device, its parameters, and what it does to the home's setpoints."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from partners.sandbox import limits_of_safety as safe
from partners.sandbox.homes import Home, Kind
from partners.sandbox.physics.orders import Setpoints

Parameters = dict[str, Any]
Changes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """`changes(home, setpoints, parameters, at)` raises `Refused` for what is unsafe or malformed."""

    kind: Kind
    parameters: tuple[str, ...]
    changes: Callable[[Home, Setpoints, Parameters, float], Changes]


def _reserve(home: Home, now: Setpoints, given: Parameters, at: float) -> Changes:
    return {"reserve_percent": safe.number(given, "percent", least=0, most=100), "floor_percent": 0.0}


def _battery_mode(home: Home, now: Setpoints, given: Parameters, at: float) -> Changes:
    mode = safe.choice(given, "mode", ("self_consumption", "charge", "discharge", "idle"))
    least = safe.number(given, "min_soc_percent", least=now.reserve_percent, most=100, default=now.reserve_percent)
    most = safe.number(given, "max_soc_percent", least=least, most=100, default=100.0)
    return {"battery_mode": mode, "floor_percent": least, "ceiling_percent": most, "forced_kw": None,
            "forced_until": None}  # fmt: skip


def _power(home: Home, now: Setpoints, given: Parameters, at: float) -> Changes:
    rated = home.battery.max_kw if home.battery else 0.0
    power = safe.number(given, "power_kw", least=-rated, most=rated)
    seconds = safe.number(given, "duration_s", least=60, most=86_400)
    return {"forced_kw": power, "forced_until": at + seconds}


def _export_limit(home: Home, now: Setpoints, given: Parameters, at: float) -> Changes:
    if "limit_kw" in given and given["limit_kw"] is None:
        return {"export_limit_kw": None}
    return {"export_limit_kw": safe.number(given, "limit_kw", least=0, most=home.solar_kw)}


def _curtail(home: Home, now: Setpoints, given: Parameters, at: float) -> Changes:
    return {"curtailment_percent": safe.number(given, "percent", least=0, most=100)}


def _power_factor(home: Home, now: Setpoints, given: Parameters, at: float) -> Changes:
    factor = safe.number(given, "power_factor", least=-1, most=1)
    safe.check(abs(factor) >= 0.8, "power_factor", f"{factor:g} is not within -1…-0.8 or 0.8…1.")
    return {"power_factor": factor}


def _charging(allowed: bool) -> Callable[[Home, Setpoints, Parameters, float], Changes]:
    return lambda home, now, given, at: {"charging_allowed": allowed}


def _amps(home: Home, now: Setpoints, given: Parameters, at: float) -> Changes:
    rated = home.charger.max_amps if home.charger else 0.0
    return {"amps_limit": safe.number(given, "amps", least=0, most=rated)}


def _charge_limit(home: Home, now: Setpoints, given: Parameters, at: float) -> Changes:
    return {"charge_limit_percent": safe.number(given, "percent", least=50, most=100)}


def _hvac(home: Home, now: Setpoints, given: Parameters, at: float) -> Changes:
    mode = safe.choice(given, "mode", ("off", "heat", "cool", "auto"))
    heat, cool = safe.targets(given, heat_c=now.heat_c, cool_c=now.cool_c)
    return {"hvac_mode": mode, "heat_c": heat, "cool_c": cool, "hold_heat_c": None, "hold_cool_c": None,
            "hold_until": None}  # fmt: skip


def _fan(home: Home, now: Setpoints, given: Parameters, at: float) -> Changes:
    return {"fan": safe.choice(given, "fan", ("auto", "on", "off", "circulate"))}


def _hold(home: Home, now: Setpoints, given: Parameters, at: float) -> Changes:
    heat, cool = safe.targets(given, heat_c=now.heat_c, cool_c=now.cool_c)
    until = safe.instant(given, "until", after=at, within_seconds=86_400)
    return {"hold_heat_c": heat, "hold_cool_c": cool, "hold_until": until}


COMMANDS: dict[str, Command] = {
    "set_backup_reserve": Command(Kind.BATTERY, ("percent",), _reserve),
    "set_battery_mode": Command(Kind.BATTERY, ("mode", "min_soc_percent", "max_soc_percent"), _battery_mode),
    "set_battery_power": Command(Kind.BATTERY, ("power_kw", "duration_s"), _power),
    "set_export_limit": Command(Kind.INVERTER, ("limit_kw",), _export_limit),
    "set_curtailment": Command(Kind.INVERTER, ("percent",), _curtail),
    "set_power_factor": Command(Kind.INVERTER, ("power_factor",), _power_factor),
    "start_charging": Command(Kind.CHARGER, (), _charging(allowed=True)),
    "stop_charging": Command(Kind.CHARGER, (), _charging(allowed=False)),
    "set_current_limit": Command(Kind.CHARGER, ("amps",), _amps),
    "set_hvac_mode": Command(Kind.THERMOSTAT, ("mode", "heat_c", "cool_c"), _hvac),
    "set_fan": Command(Kind.THERMOSTAT, ("fan",), _fan),
    "hold_temperature": Command(Kind.THERMOSTAT, ("heat_c", "cool_c", "until"), _hold),
    "start_vehicle_charging": Command(Kind.VEHICLE, (), _charging(allowed=True)),
    "stop_vehicle_charging": Command(Kind.VEHICLE, (), _charging(allowed=False)),
    "set_charge_limit": Command(Kind.VEHICLE, ("percent",), _charge_limit),
}
