"""What every geocoder takes, answers and raises."""

import math
from dataclasses import dataclass
from typing import Protocol

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
    """One geocoder is out of reach."""


class GeocodersUnavailableError(Exception):
    """Every geocoder of the chain is out of reach: try again later."""


class Geocoder(Protocol):
    def __call__(self, address: Address) -> Location:
        """Raises AddressNotFoundError, or GeocoderUnavailableError where it is out of reach."""


def meters_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Along the great circle; both are (latitude, longitude) in degrees."""
    (lat1, lng1), (lat2, lng2) = (tuple(map(math.radians, point)) for point in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lng2 - lng1) / 2) ** 2
    return 2 * EARTH_RADIUS_METERS * math.asin(min(1.0, math.sqrt(half)))
