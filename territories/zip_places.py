"""The ZIP codes as places: in which county each is, and where their centroids lie."""

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from territories.addresses import place_key
from territories.geocoding.zip_codes import zip_codes

County = tuple[str, str]
NO_COUNTY: County = ("", "")
# What stands behind a county's own name, in the tables and in the ZIP codes.
KINDS = ("county", "parish", "borough", "municipality", "censusarea", "cityandborough", "municipio", "city")
RENAMED = {"dade": "miamidade", "shannon": "oglalalakota", "wadehampton": "kusilvak"}


@lru_cache(maxsize=20_000)
def county_key(county: str) -> str:
    """`St. Louis County`, `Saint Louis` and `ST LOUIS` are one; so are `De Soto Parish` and `DeSoto`."""
    key = place_key(county.removeprefix("Municipality of "))
    for kind in KINDS:
        if key.endswith(kind) and key != kind:
            key = key.removesuffix(kind)
            break
    return RENAMED.get(key, key)


@lru_cache(maxsize=50_000)
def county_of(zip_code: str) -> County:
    """(state, key of the county); `NO_COUNTY` where it is not known."""
    place = zip_codes().by_code.get(zip_code)
    return (place.state, county_key(place.county)) if place is not None and place.county else NO_COUNTY


@cache
def centroids() -> NDArray[np.float64]:
    """(longitude, latitude) of each STANDARD ZIP code, degrees."""
    places = zip_codes().by_code.values()
    rows = {(place.longitude, place.latitude) for place in places if place.is_standard and place.located}
    return np.array(sorted(rows))
