"""The US Census Bureau's geocoder, asked over HTTP: interpolates along a street's range of house numbers."""

import logging
import threading
from typing import Any

import requests
from django.conf import settings
from tzfpy import get_tz

from territories.addresses import Address
from territories.geocoding.base import AddressNotFoundError, GeocoderUnavailableError, Location

BENCHMARK = "Public_AR_Current"
TIMEOUT_SECONDS = (2.0, 5.0)  # to connect, to read
ATTEMPTS = 2
PASSING_FAULTS = frozenset({429, 500, 502, 503, 504})
# It answers a point on the street between two known house numbers, not a roof: right to the block and its side.
ACCURACY_METERS = 100.0

_local = threading.local()


def ask_census(address: Address) -> Location:
    """No part of the address goes into a log or an error: the service's own message may repeat it."""
    answer = _answer(address)
    if answer.status_code == requests.codes.bad_request:
        raise AddressNotFoundError("The Census geocoder refuses the address as incomplete.", pointer="/streetOne")
    if answer.status_code != requests.codes.ok:
        raise GeocoderUnavailableError(f"the Census geocoder answers {answer.status_code}")
    return _location(_first_match(answer), state=address.state)


def _answer(address: Address) -> requests.Response:
    """Asked once more where the first answer is a passing fault. (urllib3's own retries would log the address.)"""
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            answer = _ask(address)
        except (requests.ConnectionError, requests.Timeout) as fault:
            if not attempts_left:
                raise GeocoderUnavailableError(_out_of_reach(fault)) from None
        except requests.RequestException as fault:
            raise GeocoderUnavailableError(_out_of_reach(fault)) from None
        else:
            if answer.status_code not in PASSING_FAULTS or not attempts_left:
                return answer
    raise AssertionError("ATTEMPTS is at least one")


def _ask(address: Address) -> requests.Response:
    return _session().get(
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


def _out_of_reach(fault: requests.RequestException) -> str:
    return f"the Census geocoder cannot be reached ({type(fault).__name__})"


def _first_match(answer: requests.Response) -> dict[str, Any]:
    try:
        matches = answer.json()["result"]["addressMatches"]
        if not (isinstance(matches, list) and all(isinstance(match, dict) for match in matches)):
            raise TypeError
    except (ValueError, KeyError, TypeError):
        raise GeocoderUnavailableError("the Census geocoder's answer is malformed") from None
    if not matches:
        raise AddressNotFoundError("The Census geocoder knows no such street address.", pointer="/streetOne")
    first: dict[str, Any] = matches[0]
    return first


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
        _local.session = requests.Session()
    session: requests.Session = _local.session
    return session


def _without_addresses(record: logging.LogRecord) -> bool:
    """urllib3 logs the URLs it asks at level DEBUG, and here the URL is somebody's address."""
    return "/locations/address" not in record.getMessage()


logging.getLogger("urllib3.connectionpool").addFilter(_without_addresses)
