"""The car at a charger: away by day, plugged in at evening, drawing what the charger gives until its limit."""

from dataclasses import dataclass

from partners.sandbox.chance import between
from partners.sandbox.homes import Home
from partners.sandbox.physics.orders import Setpoints

EMPTY_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Trip:
    """Hours of the day, and what the way takes."""

    leaves: float
    returns: float
    kwh: float


def trip_of(home: Home, day: int) -> Trip:
    draw = (home.seed, home.number, day)
    quarters = (round(between(6.5, 9.5, *draw, "leaves") * 4), round(between(16, 18.5, *draw, "returns") * 4))
    return Trip(quarters[0] / 4, quarters[1] / 4, between(4, 16, *draw, "trip"))


def is_away(trip: Trip, hour: float) -> bool:
    return trip.leaves <= hour < trip.returns


def power_kw(
    home: Home, setpoints: Setpoints, trip: Trip, *, energy_kwh: float, hour: float, hours: float
) -> tuple[float, float]:
    """What goes into the car (negative on the road), and what of it the charger gives, both constant for `hours`."""
    if home.car is None or home.charger is None:
        return 0.0, 0.0
    if is_away(trip, hour):
        least = (EMPTY_SHARE * home.car.capacity_kwh - energy_kwh) / hours
        return max(-trip.kwh / (trip.returns - trip.leaves), min(0.0, least)), 0.0
    if not setpoints.charging_allowed:
        return 0.0, 0.0
    given = home.charger.volts * min(setpoints.amps_limit, home.charger.max_amps) / 1000
    room = home.car.capacity_kwh * setpoints.charge_limit_percent / 100 - energy_kwh
    power = min(given, max(0.0, room / hours))
    return power, power
