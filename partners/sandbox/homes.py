"""Homes and what is in them, drawn from the seed: home 7 of seed 1 is the same in every run."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from partners.sandbox.chance import between, fraction
from partners.sandbox.places import PLACES, Place

SHARES = {"battery": 0.6, "inverter": 0.65, "charger": 0.45, "vehicle": 0.5, "thermostat": 0.7}
STREETS = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Hazel", "Juniper", "Linden", "Maple")


class Kind(StrEnum):
    BATTERY = "battery"
    INVERTER = "inverter"
    CHARGER = "charger"
    VEHICLE = "vehicle"
    THERMOSTAT = "thermostat"


@dataclass(frozen=True, slots=True)
class Battery:
    capacity_kwh: float
    max_kw: float
    reserve_percent: float
    rests_at_kwh: float
    storm_guard: bool


@dataclass(frozen=True, slots=True)
class Charger:
    volts: float
    max_amps: float


@dataclass(frozen=True, slots=True)
class Car:
    capacity_kwh: float
    limit_percent: float


@dataclass(frozen=True, slots=True)
class Thermostat:
    """Targets where somebody is at home; `holds_hours` is how long the house takes to lose its warmth."""

    heat_c: float
    cool_c: float
    holds_hours: float


@dataclass(frozen=True, slots=True)
class Home:
    """A house has a meter; what else it has is there or None. `kinds` are the devices that the cloud shows of it."""

    seed: int
    number: int
    place: Place
    street: str
    kinds: tuple[Kind, ...]
    base_kw: float
    solar_kw: float
    battery: Battery | None
    charger: Charger | None
    car: Car | None
    thermostat: Thermostat | None


def homes(*, seed: int, devices: int) -> Iterator[Home]:
    """So many homes that they hold exactly this many devices. The first one has a device of every kind."""
    number = 0
    while devices > 0:
        kinds = _kinds(seed, number)[:devices]
        if kinds:
            yield _home(seed, number, kinds)
        devices -= len(kinds)
        number += 1


def _kinds(seed: int, number: int) -> tuple[Kind, ...]:
    drawn = [kind for kind in Kind if number == 0 or fraction(seed, number, kind) < SHARES[kind]]
    if Kind.VEHICLE in drawn and Kind.CHARGER not in drawn:
        drawn.remove(Kind.VEHICLE)
    return tuple(drawn)


def _home(seed: int, number: int, kinds: tuple[Kind, ...]) -> Home:
    draw = (seed, number)
    return Home(
        seed=seed,
        number=number,
        place=PLACES[int(fraction(*draw, "place") * len(PLACES))],
        street=f"{100 + number % 8900} {STREETS[int(fraction(*draw, 'street') * len(STREETS))]} St",
        kinds=kinds,
        base_kw=between(0.3, 0.9, *draw, "load"),
        solar_kw=round(between(3, 11, *draw, "solar"), 1) if Kind.INVERTER in kinds else 0.0,
        battery=_battery(*draw) if Kind.BATTERY in kinds else None,
        charger=Charger(240.0, 32.0 if fraction(*draw, "amps") < 0.5 else 48.0) if Kind.CHARGER in kinds else None,
        car=Car(round(between(50, 85, *draw, "car")), 80.0) if Kind.CHARGER in kinds else None,
        thermostat=_thermostat(*draw) if Kind.THERMOSTAT in kinds else None,
    )


def _battery(*draw: int) -> Battery:
    capacity, power = ((13.5, 5.0), (10.0, 5.0), (16.0, 8.0))[int(fraction(*draw, "battery") * 3)]
    reserve = float((10, 20, 20, 30)[int(fraction(*draw, "reserve") * 4)])
    rests_at = capacity * (reserve / 100 + between(0.2, 0.35, *draw, "rest"))
    return Battery(capacity, power, reserve, rests_at, storm_guard=fraction(*draw, "storm") < 0.5)


def _thermostat(*draw: int) -> Thermostat:
    heat = round(between(19.0, 21.0, *draw, "heat"), 1)
    cool = round(between(23.5, 25.5, *draw, "cool"), 1)
    return Thermostat(heat, cool, between(14, 26, *draw, "walls"))
