"""The sandbox's addresses: whatever is enrolled at one of them always comes to the same.

Any other address is located by its ZIP code.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from territories.addresses import Address
from territories.geocoding.base import AddressNotFoundError, GeocoderUnavailableError, Location
from territories.geocoding.postal import look_up_zip_code

NAME = "staged"
ACCURACY_METERS = 15.0


class Fault(StrEnum):
    NOT_FOUND = "not_found"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class StagedAddress:
    """`point` is (latitude, longitude) in degrees; without one the geocoder fails as `fault` says."""

    street: str
    city: str
    state: str
    postal_code: str
    comes_to: str
    point: tuple[float, float] | None = None
    fault: Fault | None = None

    @property
    def address(self) -> Address:
        return Address(self.street, "", self.city, self.state, self.postal_code)


STAGED = (
    StagedAddress("1 Matched Way", "San Rafael", "CA", "94903",
                  "One utility serves it, and its programs take batteries, thermostats, inverters, chargers and "
                  "vehicles: with a consent it is `enrolled`, and `active` with the first reading.", (38.03, -122.58)),
    StagedAddress("2 Choice Way", "San Rafael", "CA", "94903",
                  "Likewise, and a community choice aggregator serves it, too: `site.cca` names it.",
                  (38.30, -122.40)),
    StagedAddress("3 Ambiguous Way", "Boulder", "CO", "80302",
                  "Two utilities might serve it: `pending_verification` with a `review`, until somebody decides.",
                  (40.01, -105.27)),
    StagedAddress("4 Unserved Way", "Helena", "MT", "59601",
                  "No utility of ours serves it: 422 `territory_unsupported`.", (46.59, -112.04)),
    StagedAddress("5 Unknown Way", "San Rafael", "CA", "94903",
                  "It cannot be located: 422 `location_invalid`.", fault=Fault.NOT_FOUND),
    StagedAddress("6 Offline Way", "San Rafael", "CA", "94903",
                  "The geocoder is away: 202, and it waits to be located. Correct the address to go on.",
                  fault=Fault.AWAY),
    StagedAddress("7 Account Way", "Austin", "TX", "78701",
                  "Its program wants a verified utility account: `pending_verification` until you say so.",
                  (30.27, -97.74)),
    StagedAddress("8 Capable Way", "Santa Fe", "NM", "87501",
                  "Its program takes only what can be told `battery:set-power`.", (35.69, -105.94)),
    StagedAddress("9 Ended Way", "Salt Lake City", "UT", "84101",
                  "Its utility's only program is over: `discovered`, and nothing to join.", (40.76, -111.90)),
)  # fmt: skip
_BY_KEY = {each.address.key: each for each in STAGED}


def look_up_staged(address: Address) -> Location:
    staged = _BY_KEY.get(address.key)
    if staged is None:
        return look_up_zip_code(address)
    if staged.fault == Fault.AWAY:
        raise GeocoderUnavailableError("at this address the sandbox's geocoder is always away")
    if staged.point is None:
        raise AddressNotFoundError("There is no such address.", pointer="/streetOne")
    latitude, longitude = staged.point
    return replace(
        look_up_zip_code(address),
        latitude=latitude, longitude=longitude, accuracy_meters=ACCURACY_METERS, geocoder=NAME,
    )  # fmt: skip
