"""The US Census Bureau's geocoder, one address at a time: interpolates along a street's range of house numbers."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import requests
from django.conf import settings

from territories.addresses import Address
from territories.geocoding import http
from territories.geocoding.base import AddressNotFoundError, GeocoderUnavailableError, Location, meters_between
from territories.geocoding.choice import COARSEST_METERS, SUGGESTIONS, Offer, choose

NAME = "census"
BENCHMARK = "Public_AR_Current"
# It answers a point on the street between two known house numbers, not a roof: right to the block and its side.
ACCURACY_METERS = 100.0


def ask_census(address: Address, seconds: float) -> Location:
    """No part of the address goes into a log or an error: the service's own message may repeat it."""
    answer = http.ask("GET", url("locations/address"), seconds=seconds, params=_question(address))
    if answer.status == requests.codes.bad_request:
        raise AddressNotFoundError("The Census geocoder refuses the address as incomplete.", pointer="/streetOne")
    if answer.status != requests.codes.ok:
        raise GeocoderUnavailableError(f"it answers {answer.status}")
    return choose(_agreed(_offers(answer.body)), address=address, geocoder=NAME)


def url(path: str) -> str:
    return f"{settings.CENSUS_GEOCODER_URL.rstrip('/')}/{path}"


def _question(address: Address) -> dict[str, str]:
    return {
        "street": address.street_one,
        "city": address.city,
        "state": address.state,
        "zip": address.zip_code,
        "benchmark": BENCHMARK,
        "format": "json",
    }


def _offers(body: bytes) -> list[Offer]:
    try:
        matches = json.loads(body)["result"]["addressMatches"]
        return [_offer(match) for match in matches]
    except (ValueError, KeyError, TypeError):
        raise GeocoderUnavailableError("its answer is malformed") from None


def _offer(match: dict[str, Any]) -> Offer:
    return Offer(
        latitude=float(match["coordinates"]["y"]),
        longitude=float(match["coordinates"]["x"]),
        accuracy_meters=ACCURACY_METERS,
        label=str(match.get("matchedAddress", "")),
    )


def _agreed(offers: Sequence[Offer]) -> list[Offer]:
    """Several are equally good. Close together they are one place, known to within their spread."""
    if len(offers) < 2:
        return list(offers)
    first = offers[0]
    spread = max(meters_between(_point(first), _point(other)) for other in offers[1:])
    if spread <= COARSEST_METERS:
        return [replace(first, accuracy_meters=ACCURACY_METERS + spread)]
    raise AddressNotFoundError(
        "Several places have this street address.",
        pointer="/streetOne",
        suggestions=tuple(dict.fromkeys(offer.label for offer in offers if offer.label))[:SUGGESTIONS],
    )


def _point(offer: Offer) -> tuple[float, float]:
    return offer.latitude, offer.longitude
