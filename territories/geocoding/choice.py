"""Of the places that a service offers for an address, the one to believe, or why none is."""

from collections.abc import Sequence
from dataclasses import dataclass

from tzfpy import get_tz

from territories.addresses import Address
from territories.geocoding.base import AddressNotFoundError, GeocoderUnavailableError, Location, meters_between
from territories.geocoding.postal import accuracy_meters
from territories.geocoding.zip_codes import zip_codes

# A service that does not know the street offers the middle of the city instead: the ZIP code is no worse then.
COARSEST_METERS = 2_000.0
# Of 3,850 real addresses, all but 3 with a ZIP code that is known, none lies farther from its ZIP code's centroid than
# 0.54 of this distance: three of the ZIP code's radii, and the slack.
SLACK_METERS = 25_000.0
RADII = 3.0
SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """Degrees, and the address as the service writes it."""

    latitude: float
    longitude: float
    accuracy_meters: float
    label: str = ""


def choose(offers: Sequence[Offer], *, address: Address, geocoder: str) -> Location:
    """The first that is known to a street and lies where the ZIP code is. Raises AddressNotFoundError.

    Who offers what is no place on earth is out of its mind: GeocoderUnavailableError.
    """
    if not all(_is_on_earth(offer) for offer in offers):
        raise GeocoderUnavailableError("its answer is malformed")
    exact = [offer for offer in offers if offer.accuracy_meters <= COARSEST_METERS]
    near = [offer for offer in exact if _is_near_its_zip_code(offer, address)]
    if not near:
        raise _why_none(exact, address)
    return _location(near[0], address=address, geocoder=geocoder)


def _location(offer: Offer, *, address: Address, geocoder: str) -> Location:
    return Location(
        latitude=offer.latitude,
        longitude=offer.longitude,
        accuracy_meters=offer.accuracy_meters,
        timezone=get_tz(offer.longitude, offer.latitude),
        geocoder=geocoder,
        state=address.state.strip().upper(),
    )


def _is_on_earth(offer: Offer) -> bool:
    return abs(offer.latitude) <= 90 and abs(offer.longitude) <= 180  # false for NaN too


def _is_near_its_zip_code(offer: Offer, address: Address) -> bool:
    place = zip_codes().by_code.get(address.zip_code)
    if place is None or not place.located:
        return True
    apart = meters_between((offer.latitude, offer.longitude), (place.latitude, place.longitude))
    return apart <= RADII * accuracy_meters(place.code) + SLACK_METERS


def _why_none(exact: Sequence[Offer], address: Address) -> AddressNotFoundError:
    if not exact:
        return AddressNotFoundError("No such street address is known.", pointer="/streetOne")
    return AddressNotFoundError(
        f"The street address is known, but far from ZIP code {address.zip_code}.",
        pointer="/postalCode",
        suggestions=tuple(dict.fromkeys(offer.label for offer in exact if offer.label))[:SUGGESTIONS],
    )
