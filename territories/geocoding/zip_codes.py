"""The ZIP codes that the `zipcodes` package knows, in tables built once, when first asked for."""

import math
import sys
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np
import zipcodes
from numpy.typing import NDArray

from territories.addresses import MILITARY, USPS_CODES, place_key


@dataclass(frozen=True, slots=True)
class ZipCode:
    """`cities` are all names that mail uses."""

    code: str
    city: str
    state: str
    county: str
    latitude: float
    longitude: float
    cities: tuple[str, ...]
    is_standard: bool

    @property
    def city_keys(self) -> tuple[str, ...]:
        """The names in the form of `place_key`."""
        return tuple({_key(city) for city in self.cities})

    @property
    def located(self) -> bool:
        return self.latitude != 0 or self.longitude != 0

    @property
    def is_military(self) -> bool:
        return self.state in MILITARY

    @property
    def on_unit_sphere(self) -> NDArray[np.float64]:
        latitude, longitude = math.radians(self.latitude), math.radians(self.longitude)
        return np.array(
            [
                math.cos(latitude) * math.cos(longitude),
                math.cos(latitude) * math.sin(longitude),
                math.sin(latitude),
            ]
        )

    def __str__(self) -> str:
        return f"{self.city}, {self.state} {self.code}"


@dataclass(frozen=True)
class ZipCodes:
    by_code: dict[str, ZipCode]

    @cached_property
    def by_city(self) -> dict[tuple[str, str], list[ZipCode]]:
        """By (state, city key). Who never looks for a city's ZIP codes does not wait for it."""
        found: dict[tuple[str, str], list[ZipCode]] = defaultdict(list)
        for place in self.by_code.values():
            for key in place.city_keys:
                found[place.state, key].append(place)
        return dict(found)

    @cached_property
    def standard_centroids(self) -> NDArray[np.float64]:
        """One row a place, on the unit sphere."""
        return np.array(
            list(
                {
                    (place.latitude, place.longitude): place.on_unit_sphere
                    for place in self.by_code.values()
                    if place.is_standard and place.located
                }.values()
            )
        )


@cache
def zip_codes() -> ZipCodes:
    # state by state, because list_all() would keep a copy of everything, and one query for all needs as much
    states = sorted(USPS_CODES)
    by_code = {row["zip_code"]: _zip_code(row) for state in states for row in zipcodes.filter_by_state(state)}
    return ZipCodes(by_code)


@lru_cache(maxsize=20_000)
def _key(city: str) -> str:
    return sys.intern(place_key(city))


def _zip_code(row: dict[str, Any]) -> ZipCode:
    cities = [row["city"], *row["acceptable_cities"], *row["unacceptable_cities"]]
    return ZipCode(
        code=row["zip_code"],
        city=sys.intern(row["city"]),
        state=sys.intern(row["state"]),
        county=sys.intern(row["county"]),
        latitude=float(row["lat"] or 0),
        longitude=_longitude(row),
        cities=tuple(map(sys.intern, cities)),
        is_standard=row["zip_code_type"] == "STANDARD",
    )


def _longitude(row: dict[str, Any]) -> float:
    longitude = float(row["long"] or 0)
    # the package has the Marshall Islands on the wrong side of the date line
    return abs(longitude) if row["state"] == "MH" else longitude
