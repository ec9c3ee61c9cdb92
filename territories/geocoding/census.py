"""The US Census Bureau's geocoder, asked over HTTP: interpolates along a street's range of house numbers."""

import threading
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from tzfpy import get_tz
from urllib3.util.retry import Retry

from territories.addresses import Address
from territories.geocoding.base import AddressNotFoundError, GeocoderUnavailableError, Location

BENCHMARK = "Public_AR_Current"
TIMEOUT_SECONDS = (2.0, 5.0)  # to connect, to read
# It answers a point on the street between two known house numbers, not a roof: right to the block and its side.
ACCURACY_METERS = 100.0

_local = threading.local()


def ask_census(address: Address) -> Location:
    """No part of the address goes into a log or an error: the service's own message may repeat it."""
    try:
        answer = _session().get(
            f"{settings.CENSUS_GEOCODER_URL.rstrip('/')}/locations/address",
            params={
                "street": address.street_one,
                "city": address.city,
                "state": address.state,
                "zip": address.zip_code,
                "benchmark": BENCHMARK,
                "format": "json",
            },
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as fault:
        raise GeocoderUnavailableError(f"the Census geocoder cannot be reached ({type(fault).__name__})") from None
    if answer.status_code == requests.codes.bad_request:
        raise AddressNotFoundError("The Census geocoder refuses the address as incomplete.", pointer="/streetOne")
    if answer.status_code != requests.codes.ok:
        raise GeocoderUnavailableError(f"the Census geocoder answers {answer.status_code}")
    return _location(_first_match(answer), state=address.state)


def _first_match(answer: requests.Response) -> dict[str, Any]:
    try:
        matches = answer.json()["result"]["addressMatches"]
        if not isinstance(matches, list):
            raise TypeError
    except (ValueError, KeyError, TypeError):
        raise GeocoderUnavailableError("the Census geocoder's answer is malformed") from None
    if not matches:
        raise AddressNotFoundError("The Census geocoder knows no such street address.", pointer="/streetOne")
    return dict(matches[0])


def _location(match: dict[str, Any], *, state: str) -> Location:
    try:
        longitude, latitude = (float(match["coordinates"][axis]) for axis in ("x", "y"))
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise GeocoderUnavailableError("the Census geocoder's answer is malformed") from None
    return Location(
        latitude=latitude,
        longitude=longitude,
        accuracy_meters=ACCURACY_METERS,
        timezone=get_tz(longitude, latitude),
        geocoder="census",
        state=state.strip().upper(),
    )


def _session() -> requests.Session:
    """One a thread: a session's pool may be shared, its cookies and state should not."""
    if not hasattr(_local, "session"):
        once_more = Retry(total=1, status_forcelist=(429, 500, 502, 503, 504), raise_on_status=False, backoff_factor=0)
        session = requests.Session()
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=once_more))
        _local.session = session
    session_of_thread: requests.Session = _local.session
    return session_of_thread
