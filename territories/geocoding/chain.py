"""The geocoders by name, asked in the order of the setting GEOCODERS. A new geocoder is one new entry here."""

import math
from dataclasses import replace

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from tzfpy import get_tz

from territories.addresses import Address
from territories.geocoding.base import (
    AddressNotFoundError,
    Geocoder,
    GeocodersUnavailableError,
    GeocoderUnavailableError,
    Location,
    meters_between,
)
from territories.geocoding.census import ask_census
from territories.geocoding.postal import look_up_zip_code

GEOCODERS: dict[str, Geocoder] = {"postal": look_up_zip_code, "census": ask_census}

# What a phone or a surveyed parcel is good for; partners do not say how theirs were taken.
PARTNER_ACCURACY_METERS = 50.0
# A geocode of a street may sit at the kerb of a large parcel.
SLACK_METERS = 250.0


def locate(address: Address, *, coordinates: tuple[float, float] | None = None) -> Location:
    """`coordinates` are the partner's (latitude, longitude): used where they agree with the address, else noted.

    Raises AddressNotFoundError (the verdict of the last geocoder that could be asked) and GeocodersUnavailableError.
    """
    location = _first_answer(address)
    return location if coordinates is None else _with_coordinates(location, coordinates)


def _first_answer(address: Address) -> Location:
    not_found: AddressNotFoundError | None = None
    unavailable: list[str] = []
    for name in settings.GEOCODERS:
        try:
            return _geocoder(name)(address)
        except AddressNotFoundError as verdict:
            not_found = verdict
        except GeocoderUnavailableError as fault:
            unavailable.append(f"{name}: {fault}")
    if not_found is not None:
        raise not_found
    raise GeocodersUnavailableError("; ".join(unavailable) or "no geocoder is configured")


def _geocoder(name: str) -> Geocoder:
    try:
        return GEOCODERS[name]
    except KeyError:
        raise ImproperlyConfigured(
            f"GEOCODERS names {name!r}. Remedy: name only {', '.join(sorted(GEOCODERS))}."
        ) from None


def _with_coordinates(location: Location, coordinates: tuple[float, float]) -> Location:
    latitude, longitude = coordinates
    if not (math.isfinite(latitude) and abs(latitude) <= 90 and math.isfinite(longitude) and abs(longitude) <= 180):
        return replace(location, note="The partner's coordinates are no place on earth, so they were set aside.")
    distance = meters_between((location.latitude, location.longitude), coordinates)
    if distance > location.accuracy_meters + SLACK_METERS:
        return replace(
            location,
            note=f"The partner's coordinates lie {distance / 1000:.1f} km from the address, "
            f"which is known to {location.accuracy_meters / 1000:.1f} km, so they were set aside.",
        )
    return replace(
        location,
        latitude=latitude,
        longitude=longitude,
        accuracy_meters=PARTNER_ACCURACY_METERS,
        timezone=get_tz(longitude, latitude),
        geocoder=f"{location.geocoder}+partner",
    )
