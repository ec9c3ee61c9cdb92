"""From an address to a place: a chain of geocoders, and the partner's own coordinates where they agree."""

from territories.geocoding.base import AddressNotFoundError, Geocoder, GeocodersUnavailableError, Location
from territories.geocoding.chain import locate

__all__ = ["AddressNotFoundError", "Geocoder", "GeocodersUnavailableError", "Location", "locate"]
