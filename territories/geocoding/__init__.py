"""From an address to a place: a chain of geocoders, and the partner's own coordinates where they agree."""

from territories.geocoding.base import AddressNotFoundError, Geocoder, GeocodersUnavailableError, Location
from territories.geocoding.chain import Verdict, asks_outside, locate, locate_many
from territories.geocoding.places import forget

__all__ = [
    "AddressNotFoundError",
    "Geocoder",
    "GeocodersUnavailableError",
    "Location",
    "Verdict",
    "asks_outside",
    "forget",
    "locate",
    "locate_many",
]
