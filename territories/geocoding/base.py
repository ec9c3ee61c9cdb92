"""What every geocoder takes, answers and raises."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from territories.addresses import Address

EARTH_RADIUS_METERS = 6_371_009.0


@dataclass(frozen=True, slots=True)
class Location:
    """Degrees, WGS 84. The place lies within `accuracy_meters` of the point in all but a few cases in a hundred."""

    latitude: float
    longitude: float
    accuracy_meters: float
    timezone: str
    geocoder: str
    county: str = ""
    state: str = ""
    note: str = ""


class AddressNotFoundError(Exception):
    """The address cannot be located as it stands. `pointer` is a JSON pointer within the address."""

    def __init__(self, reason: str, *, pointer: str = "", suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.pointer = pointer
        self.suggestions = suggestions


class GeocoderUnavailableError(Exception):
    """One geocoder is out of reach, or says nothing of use; `retry_after` seconds where it said when to come back."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class GeocodersUnavailableError(Exception):
    """Every geocoder of the chain is out of reach: try again later."""


Answer = Location | AddressNotFoundError | GeocoderUnavailableError


@dataclass(frozen=True, slots=True)
class Geocoder:
    """One way to locate an address: an entry of the table in `geocoders.py`.

    `ask` is given an address and how many seconds it may take; it raises AddressNotFoundError, or
    GeocoderUnavailableError. `ask_many` has one answer for each address, in order, and raises the latter where it has
    none at all. `at_once` is how many single questions the service takes in parallel. `keeps_days` is how long its
    terms let an answer be kept, where they say; `wants_key`: it answers nobody without a key.
    """

    name: str
    ask: Callable[[Address, float], Location]
    ask_many: Callable[[Sequence[Address], float], list[Answer]] | None = None
    asks_outside: bool = True
    at_once: int = 1
    keeps_days: int | None = None
    wants_key: bool = False


def meters_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Along the great circle; both are (latitude, longitude) in degrees."""
    (lat1, lng1), (lat2, lng2) = (tuple(map(math.radians, point)) for point in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lng2 - lng1) / 2) ** 2
    return 2 * EARTH_RADIUS_METERS * math.asin(min(1.0, math.sqrt(half)))
