"""The offline geocoder: the centroid of the ZIP code, and how far from it an address may honestly be."""

from functools import lru_cache

import numpy as np
from tzfpy import get_tz

from territories.addresses import Address, place_key
from territories.geocoding.base import EARTH_RADIUS_METERS, AddressNotFoundError, Location, meters_between
from territories.geocoding.zip_codes import ZipCode, zip_codes

# The radius is a share of the distance to the fifth-nearest other centroid of a STANDARD ZIP code. Of 3,850 real
# addresses in 28 states and DC, 95 % lie within 0.70 of that distance, 98 % within 0.86 (tests/territories).
NEIGHBOUR = 5
FACTOR = 0.8
LEAST_RADIUS_METERS, MOST_RADIUS_METERS = 500.0, 150_000.0  # the latter for islands and the Alaskan bush

# A post office serves people who name the city they live by: Nashville in Antioch's ZIP code, Anchorage in Eagle
# River's. So a city that the state's ZIP codes know within this distance is taken.
NEIGHBOURING_CITY_METERS = 60_000.0
LEAST_PART_OF_A_NAME = 5  # letters
SUGGESTIONS = 3


def look_up_zip_code(address: Address) -> Location:
    place = zip_codes().by_code.get(address.zip_code)
    if place is None:
        raise AddressNotFoundError(
            f"{address.zip_code} is not a ZIP code in use.",
            pointer="/postalCode",
            suggestions=_zip_codes_of_city(address),
        )
    _check_state(address, place)
    if not place.located:
        raise AddressNotFoundError(_why_not_located(place), pointer="/postalCode")
    _check_city(address, place)
    return Location(
        latitude=place.latitude,
        longitude=place.longitude,
        accuracy_meters=round(accuracy_meters(place.code)),
        timezone=get_tz(place.longitude, place.latitude),
        geocoder="postal",
        county=place.county,
        state=place.state,
    )


@lru_cache(maxsize=50_000)
def accuracy_meters(zip_code: str) -> float:
    """Within this of the centroid lie some 97 % of the ZIP code's addresses."""
    codes = zip_codes()
    place = codes.by_code[zip_code]
    chords = np.linalg.norm(codes.standard_centroids - place.on_unit_sphere, axis=1)
    distances = chords[chords * EARTH_RADIUS_METERS > 1.0] * EARTH_RADIUS_METERS
    radius = FACTOR * float(np.partition(distances, NEIGHBOUR - 1)[NEIGHBOUR - 1])
    return min(MOST_RADIUS_METERS, max(LEAST_RADIUS_METERS, radius))


def _check_state(address: Address, place: ZipCode) -> None:
    state = address.state.strip().upper()
    if state == place.state:
        return
    raise AddressNotFoundError(
        f"ZIP code {place.code} is in {place.state}, not in {state}.",
        pointer="/state" if place_key(address.city) in place.city_keys else "/postalCode",
        suggestions=(str(place), *_zip_codes_of_city(address))[:SUGGESTIONS],
    )


def _check_city(address: Address, place: ZipCode) -> None:
    key = place_key(address.city)
    if _is_part_of_a_name(key, place) or _is_neighbour(key, place):
        return
    raise AddressNotFoundError(
        f"ZIP code {place.code} is {place.city}'s; the city given is not known near it.",
        pointer="/city",
        suggestions=(str(place), *_zip_codes_of_city(address))[:SUGGESTIONS],
    )


def _is_part_of_a_name(city_key: str, place: ZipCode) -> bool:
    """Yarmouth for South Yarmouth, Saint Albans City for Saint Albans."""
    return any(
        city_key == name or (len(short) >= LEAST_PART_OF_A_NAME and (long.startswith(short) or long.endswith(short)))
        for name in place.city_keys
        for short, long in [sorted((city_key, name), key=len)]
    )


def _is_neighbour(city_key: str, place: ZipCode) -> bool:
    here = (place.latitude, place.longitude)
    return any(
        other.located and meters_between(here, (other.latitude, other.longitude)) <= NEIGHBOURING_CITY_METERS
        for other in zip_codes().by_city.get((place.state, city_key), ())
    )


def _zip_codes_of_city(address: Address) -> tuple[str, ...]:
    """The ZIP codes of the city given that are nearest in number to the one given."""
    places = zip_codes().by_city.get((address.state.strip().upper(), place_key(address.city)), ())
    if not places or not address.zip_code.isdecimal():
        return tuple(str(place) for place in places[:SUGGESTIONS])
    given = int(address.zip_code)
    return tuple(str(place) for place in sorted(places, key=lambda p: abs(int(p.code) - given))[:SUGGESTIONS])


def _why_not_located(place: ZipCode) -> str:
    if place.is_military:
        return f"{place.code} is a military post office, which has no place on a map."
    return f"ZIP code {place.code} ({place.city}, {place.state}) has no known location."
