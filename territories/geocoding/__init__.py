"""From an address to a place: a chain of geocoders, and the partner's own coordinates where they agree."""

from territories.geocoding.base import AddressNotFoundError, Geocoder, GeocodersUnavailableError, Location
from territories.geocoding.chain import Verdict, locate, locate_many
from territories.geocoding.places import forget

__all__ = [
    "AddressNotFoundError",
    "Geocoder",
    "GeocodersUnavailableError",
    "Location",
    "Verdict",
    "forget",
    "locate",
    "locate_many",
]
