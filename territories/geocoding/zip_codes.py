"""The ZIP codes that the `zipcodes` package knows, in tables built once, when first asked for."""

import math
import sys
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import zipcodes
from numpy.typing import NDArray

from territories.addresses import MILITARY, USPS_CODES, place_key


@dataclass(frozen=True, slots=True)
class ZipCode:
    """`city_keys` are all names that mail uses, in the form of `place_key`."""

    code: str
    city: str
    state: str
    county: str
    latitude: float
    longitude: float
    city_keys: tuple[str, ...]
    is_standard: bool

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


@dataclass(frozen=True, slots=True)
class ZipCodes:
    by_code: dict[str, ZipCode]
    by_city: dict[tuple[str, str], list[ZipCode]]  # (state, city key)
    standard_centroids: NDArray[np.float64]  # one row a place, on the unit sphere


@cache
def zip_codes() -> ZipCodes:
    # state by state, because list_all() would keep a copy of everything, and one query for all needs as much
    states = sorted(USPS_CODES)
    by_code = {row["zip_code"]: _zip_code(row) for state in states for row in zipcodes.filter_by_state(state)}
    by_city: dict[tuple[str, str], list[ZipCode]] = defaultdict(list)
    for place in by_code.values():
        for key in place.city_keys:
            by_city[place.state, key].append(place)
    centroids = {
        (place.latitude, place.longitude): place.on_unit_sphere
        for place in by_code.values()
        if place.is_standard and place.located
    }
    return ZipCodes(by_code, dict(by_city), np.array(list(centroids.values())))


def _zip_code(row: dict[str, Any]) -> ZipCode:
    cities = [row["city"], *row["acceptable_cities"], *row["unacceptable_cities"]]
    return ZipCode(
        code=row["zip_code"],
        city=sys.intern(row["city"]),
        state=sys.intern(row["state"]),
        county=sys.intern(row["county"]),
        latitude=float(row["lat"] or 0),
        longitude=_longitude(row),
        city_keys=tuple({sys.intern(place_key(city)) for city in cities}),
        is_standard=row["zip_code_type"] == "STANDARD",
    )


def _longitude(row: dict[str, Any]) -> float:
    longitude = float(row["long"] or 0)
    # the package has the Marshall Islands on the wrong side of the date line
    return abs(longitude) if row["state"] == "MH" else longitude
