"""One home through one day: pieces of at most a quarter of an hour, in each of which every power is constant."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from partners.sandbox.chance import between
from partners.sandbox.homes import Home
from partners.sandbox.physics import battery, car, warmth
from partners.sandbox.physics.orders import Orders, Setpoints
from partners.sandbox.physics.sky import outdoor_c, sunlight_kw
from partners.sandbox.places import DAY, HOUR

PIECE = 900
Row = NDArray[np.float64]

POWERS = ("solar", "load", "hvac", "charger", "battery", "grid")
LEVELS = ("energy_kwh", "indoor_c", "car_kwh")


class Levels(NamedTuple):
    """What carries over from one instant to the next."""

    energy_kwh: float
    indoor_c: float
    car_kwh: float


@dataclass(frozen=True, slots=True)
class Day:
    """`knots` are the pieces' ends (one more than pieces). `kw` holds powers by piece, `levels` states by knot.

    Signs: battery positive charges, grid positive imports, everything else positive flows.
    """

    knots: Row
    kw: dict[str, Row]
    levels: dict[str, Row]
    works: NDArray[np.int8]

    @property
    def ends_with(self) -> Levels:
        return Levels(*(float(self.levels[name][-1]) for name in LEVELS))


def rest(home: Home) -> Levels:
    """How every home left to itself is at midnight: so any day can be known without those before it."""
    return Levels(
        energy_kwh=home.battery.rests_at_kwh if home.battery else 0.0,
        indoor_c=warmth.rests_at(home.thermostat) if home.thermostat else 0.0,
        car_kwh=home.car.capacity_kwh * home.car.limit_percent / 100 if home.car else 0.0,
    )


def live(home: Home, day: int, *, begins_with: Levels, orders: Orders) -> Day:
    midnight = home.place.midnight(day)
    around, trip = _Surroundings(home, day), car.trip_of(home, day)
    turns = sorted(orders.turns(midnight, midnight + DAY))
    knots, levels, powers, works = [float(midnight)], [begins_with], [], []
    setpoints = orders.in_force(midnight)
    for begins in range(midnight, midnight + DAY, PIECE):
        ends = float(begins + PIECE)
        for stops in (*(turn for turn in turns if begins < turn < ends), ends):
            if knots[-1] in turns:
                setpoints = orders.in_force(knots[-1])
            piece = _Piece(knots[-1], (knots[-1] - midnight) / HOUR, (ends - knots[-1]) / HOUR)
            after, power, work = _through(home, piece, levels[-1], setpoints, orders.usual, around, trip)
            levels.append(_part(levels[-1], after, share=(stops - knots[-1]) / (ends - knots[-1])))
            powers.append(power)
            works.append(work)
            knots.append(stops)
    kw, states = np.array(powers).T, np.array(levels).T
    return Day(
        np.array(knots), dict(zip(POWERS, kw, strict=True)), dict(zip(LEVELS, states, strict=True)),
        np.array(works, dtype=np.int8),
    )  # fmt: skip


def _part(before: Levels, after: Levels, *, share: float) -> Levels:
    """A piece is gone through as if nothing would interrupt it, so that what does cannot change what came before."""
    if share == 1:
        return after
    return Levels(*(early + (late - early) * share for early, late in zip(before, after, strict=True)))


class _Piece(NamedTuple):
    """`hour` of the day at which it begins, and `hours` that it lasts."""

    begins: float
    hour: float
    hours: float


class _Surroundings:
    """Sun, weather and household by quarters of an hour: the same for all pieces within one."""

    def __init__(self, home: Home, day: int) -> None:
        self.midnight = home.place.midnight(day)
        middles: Row = np.arange(self.midnight + PIECE / 2, self.midnight + DAY, PIECE, dtype=np.float64)
        self.solar = sunlight_kw(home, day, middles).tolist() if home.solar_kw else [0.0] * len(middles)
        self.outdoor = outdoor_c(home, day, middles).tolist()
        hourly = [between(0.7, 1.3, home.seed, home.number, day, hour, "load") for hour in range(24)]
        self.load = [home.base_kw * SHAPE[hour] * hourly[hour] for hour in range(24) for _ in range(HOUR // PIECE)]

    def at(self, instant: float) -> tuple[float, float, float]:
        place = int((instant - self.midnight) // PIECE)
        return self.solar[place], self.outdoor[place], self.load[place]


# How a household's use goes through the day, against its mean.
SHAPE = (
    0.6,
    0.5,
    0.5,
    0.5,
    0.5,
    0.7,
    1.1,
    1.4,
    1.2,
    0.9,
    0.8,
    0.8,
    0.9,
    0.8,
    0.8,
    0.9,
    1.1,
    1.6,
    2.0,
    2.0,
    1.7,
    1.4,
    1.0,
    0.7,
)


def _through(
    home: Home,
    piece: _Piece,
    levels: Levels,
    setpoints: Setpoints,
    usual: Setpoints,
    around: "_Surroundings",
    trip: car.Trip,
) -> tuple[Levels, tuple[float, ...], int]:
    sunlight, outdoor, load = around.at(piece.begins)
    air = warmth.Warmth(0.0, 0.0, 0)
    if home.thermostat:
        air = warmth.after(
            home.thermostat, setpoints, indoor_c=levels.indoor_c, outdoor_c=outdoor, hour=piece.hour,
            hours=piece.hours, left_alone=_is_left_alone(setpoints, usual),
        )  # fmt: skip
    into_car, charger = car.power_kw(
        home, setpoints, trip, energy_kwh=levels.car_kwh, hour=piece.hour, hours=piece.hours
    )
    use = load + air.kw + charger
    solar = sunlight * (1 - setpoints.curtailment_percent / 100)
    stored = _into_battery(home, piece, levels, setpoints, need_kw=use - solar)
    if setpoints.export_limit_kw is not None:
        solar = min(solar, max(0.0, use + stored + setpoints.export_limit_kw))
    after = Levels(levels.energy_kwh + stored * piece.hours, air.indoor_c, levels.car_kwh + into_car * piece.hours)
    return after, (solar, load, air.kw, charger, stored, use + stored - solar), air.works


def _into_battery(home: Home, piece: _Piece, levels: Levels, setpoints: Setpoints, *, need_kw: float) -> float:
    if home.battery is None:
        return 0.0
    return battery.power_kw(
        home.battery, setpoints, energy_kwh=levels.energy_kwh, need_kw=need_kw, hour=piece.hour, hours=piece.hours
    )


def _is_left_alone(setpoints: Setpoints, usual: Setpoints) -> bool:
    """Nobody changed the thermostat, so that the night finds it as every night."""
    return setpoints.hold_until is None and (setpoints.hvac_mode, setpoints.heat_c, setpoints.cool_c) == (
        usual.hvac_mode, usual.heat_c, usual.cool_c,
    )  # fmt: skip
