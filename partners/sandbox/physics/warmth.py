"""A house's warmth: it drifts to the weather's, and heating or cooling holds it at the thermostat's targets."""

from math import exp
from typing import NamedTuple

from partners.sandbox.homes import Thermostat
from partners.sandbox.physics.orders import Setpoints

STRENGTH = 5.0  # °C an hour that heating or cooling can move the house
KW_PER_STRENGTH = 0.75  # electric, for 1 °C an hour
AWAY_HOURS = (9.0, 17.0)
AWAY_C = 1.5  # how far targets are let go while nobody is at home
RETURNS_FROM_HOUR = 23.0  # from here to midnight a house left to itself goes to the night's level


class Warmth(NamedTuple):
    """After a piece of time: °C indoors, what it took, and 1 heating, -1 cooling, 0 neither."""

    indoor_c: float
    kw: float
    works: int


def rests_at(thermostat: Thermostat) -> float:
    return (thermostat.heat_c + thermostat.cool_c) / 2


def targets(setpoints: Setpoints, hour: float) -> tuple[float, float]:
    """Heat and cool, by the hold where there is one, else by the day's schedule."""
    if setpoints.hold_heat_c is not None or setpoints.hold_cool_c is not None:
        heat = setpoints.heat_c if setpoints.hold_heat_c is None else setpoints.hold_heat_c
        return heat, setpoints.cool_c if setpoints.hold_cool_c is None else setpoints.hold_cool_c
    away = AWAY_C if AWAY_HOURS[0] <= hour < AWAY_HOURS[1] else 0.0
    return setpoints.heat_c - away, setpoints.cool_c + away


def after(
    thermostat: Thermostat,
    setpoints: Setpoints,
    *,
    indoor_c: float,
    outdoor_c: float,
    hour: float,
    hours: float,
    left_alone: bool,
) -> Warmth:
    drifted = outdoor_c + (indoor_c - outdoor_c) * exp(-hours / thermostat.holds_hours)
    wanted = _wanted(thermostat, setpoints, indoor_c, drifted, hour=hour, hours=hours, left_alone=left_alone)
    moved = max(-STRENGTH * hours, min(STRENGTH * hours, wanted - drifted))
    works = (moved > 0) - (moved < 0)
    return Warmth(drifted + moved, abs(moved) / hours * KW_PER_STRENGTH, works)


def _wanted(
    thermostat: Thermostat,
    setpoints: Setpoints,
    indoor_c: float,
    drifted: float,
    *,
    hour: float,
    hours: float,
    left_alone: bool,
) -> float:
    if left_alone and hour >= RETURNS_FROM_HOUR:
        return indoor_c + (rests_at(thermostat) - indoor_c) * hours / (24 - hour)
    heat, cool = targets(setpoints, hour)
    if setpoints.hvac_mode in ("heat", "auto") and drifted < heat:
        return heat
    if setpoints.hvac_mode in ("cool", "auto") and drifted > cool:
        return cool
    return drifted
