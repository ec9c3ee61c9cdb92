"""The partner's own coordinates: evidence, used where they agree with the address (contract §3)."""

import math
from dataclasses import replace

from tzfpy import get_tz

from territories.geocoding.base import Location, meters_between

Coordinates = tuple[float, float]  # latitude, longitude

# What a phone or a surveyed parcel is good for; partners do not say how theirs were taken.
PARTNER_ACCURACY_METERS = 50.0
# A geocode of a street may sit at the kerb of a large parcel.
SLACK_METERS = 250.0


def with_coordinates(location: Location, coordinates: Coordinates | None) -> Location:
    if coordinates is None:
        return location
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
