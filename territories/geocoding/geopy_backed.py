"""Services that geopy knows how to ask. One more is one more entry of the table, with how exact its answers are.

Of each: the server (`GEOCODER_URL_<NAME>` names one's own) and the key (`GEOCODER_KEY_<NAME>`) come from the settings.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from territories.addresses import Address
from territories.geocoding import exactness
from territories.geocoding.base import Geocoder, GeocoderUnavailableError, Location
from territories.geocoding.choice import SUGGESTIONS, Offer, choose


@dataclass(frozen=True, slots=True)
class Service:
    """`made` names geopy's class; `exact` reads from an answer how far off it may be, in metres; `asked` goes with the
    address, which is sent `in_parts` or as one line.
    """

    made: str
    exact: Callable[[Mapping[str, Any]], float]
    asked: dict[str, Any] = field(default_factory=dict)
    in_parts: bool = False
    wants_key: bool = False
    keeps_days: int | None = None
    at_once: int = 1


SERVICES = {
    # its public server: one question a second, one at a time
    "nominatim": Service(
        "Nominatim", exactness.of_nominatim, {"country_codes": "us", "limit": SUGGESTIONS}, in_parts=True
    ),
    "google": Service(
        "GoogleV3", exactness.of_google, {"components": {"country": "US"}}, wants_key=True, keeps_days=30, at_once=8
    ),
    # its terms let nothing be kept that was not paid for as such
    "arcgis": Service("ArcGIS", exactness.of_arcgis, {"out_fields": ["Addr_type"]}, keeps_days=0, at_once=4),
    "opencage": Service("OpenCage", exactness.of_opencage, {"country": ["us"]}, wants_key=True),
    "mapbox": Service("MapBox", exactness.of_mapbox, {"country": ["us"]}, wants_key=True, keeps_days=0, at_once=8),
}


def geocoders() -> list[Geocoder]:
    return [
        Geocoder(
            name,
            partial(ask, name),
            at_once=service.at_once,
            keeps_days=service.keeps_days,
            wants_key=service.wants_key,
        )
        for name, service in SERVICES.items()
    ]


def ask(name: str, address: Address, seconds: float) -> Location:
    # geopy brings all services that there are, and a second HTTP client: a portal that asks none need not wait for it
    from territories.geocoding import geopy_adapter

    service = SERVICES[name]
    try:
        answers = geopy_adapter.geocode(
            service.made,
            _in_parts(address) if service.in_parts else _in_one_line(address),
            server=_server(name),
            seconds=seconds,
            asked=service.asked,
        )
        offers = [_offer(answer, service) for answer in answers]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise GeocoderUnavailableError("its answer is malformed") from None
    return choose(offers, address=address, geocoder=name)


def _offer(answer: Any, service: Service) -> Offer:
    return Offer(answer.latitude, answer.longitude, round(service.exact(answer.raw), 1), str(answer.address or ""))


def _server(name: str) -> dict[str, str]:
    """Where it is asked, and with which key; what is not said is geopy's default."""
    given = {"user_agent": settings.GEOCODER_USER_AGENT}
    if url := settings.GEOCODER_URLS.get(name):
        parts = urlsplit(url)
        given |= {"scheme": parts.scheme, "domain": f"{parts.netloc}{parts.path}".rstrip("/")}
    if key := settings.GEOCODER_KEYS.get(name):
        given["api_key"] = key
    return given


def _in_parts(address: Address) -> dict[str, str]:
    return {
        "street": address.street_one,
        "city": address.city,
        "state": address.state,
        "postalcode": address.zip_code,
        "country": "US",
    }


def _in_one_line(address: Address) -> str:
    return f"{address.street_one}, {address.city}, {address.state} {address.zip_code}"
