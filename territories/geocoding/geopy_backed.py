"""Services that geopy knows how to ask. One more is one more entry of the table, with how exact its answers are.

Of each: the server (`GEOCODER_URL_<NAME>` names one's own) and the key (`GEOCODER_KEY_<NAME>`) come from the settings.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from geopy.exc import GeopyError
from geopy.geocoders import ArcGIS, GoogleV3, MapBox, Nominatim, OpenCage

from territories.addresses import Address
from territories.geocoding import exactness
from territories.geocoding.base import Geocoder, GeocoderUnavailableError, Location
from territories.geocoding.choice import SUGGESTIONS, Offer, choose
from territories.geocoding.geopy_adapter import DeadlineAdapter


@dataclass(frozen=True, slots=True)
class Service:
    """`made` is geopy's class; `exact` reads from an answer how far off it may be, in metres; `asked` are the words of
    its `geocode` beside the address, which goes `in_parts` or as one line.
    """

    made: Callable[..., Any]
    exact: Callable[[Mapping[str, Any]], float]
    asked: dict[str, Any] = field(default_factory=dict)
    in_parts: bool = False
    wants_key: bool = False
    keeps_days: int | None = None
    at_once: int = 1


SERVICES = {
    # its public server: one question a second, one at a time
    "nominatim": Service(
        Nominatim, exactness.of_nominatim, {"country_codes": "us", "limit": SUGGESTIONS}, in_parts=True
    ),
    "google": Service(
        GoogleV3, exactness.of_google, {"components": {"country": "US"}}, wants_key=True, keeps_days=30, at_once=8
    ),
    # its terms let nothing be kept that was not paid for as such
    "arcgis": Service(ArcGIS, exactness.of_arcgis, {"out_fields": ["Addr_type"]}, keeps_days=0, at_once=4),
    "opencage": Service(OpenCage, exactness.of_opencage, {"country": ["us"]}, wants_key=True),
    "mapbox": Service(MapBox, exactness.of_mapbox, {"country": ["us"]}, wants_key=True, keeps_days=0, at_once=8),
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
    service = SERVICES[name]
    try:
        answers = _geopy(name).geocode(
            _in_parts(address) if service.in_parts else _in_one_line(address),
            exactly_one=False,
            timeout=seconds,
            **service.asked,
        )
        offers = [_offer(answer, service) for answer in answers or ()]
    except GeopyError as fault:  # its message may repeat the address or the key
        raise GeocoderUnavailableError(f"it fails ({type(fault).__name__})") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise GeocoderUnavailableError("its answer is malformed") from None
    return choose(offers, address=address, geocoder=name)


def _offer(answer: Any, service: Service) -> Offer:
    return Offer(answer.latitude, answer.longitude, round(service.exact(answer.raw), 1), str(answer.address or ""))


def _geopy(name: str) -> Any:
    """Made anew each time: it holds nothing but what it was given."""
    given: dict[str, Any] = {"user_agent": settings.GEOCODER_USER_AGENT, "adapter_factory": DeadlineAdapter}
    if url := settings.GEOCODER_URLS.get(name):
        parts = urlsplit(url)
        given |= {"scheme": parts.scheme, "domain": f"{parts.netloc}{parts.path}".rstrip("/")}
    if key := settings.GEOCODER_KEYS.get(name):
        given["api_key"] = key
    return SERVICES[name].made(**given)


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
