"""geopy's questions, carried by our own client: one time for the whole, nothing of an address in any log or error."""

import json
import logging
from typing import Any

import geopy.geocoders
import requests
from geopy.adapters import AdapterHTTPError, BaseSyncAdapter
from geopy.exc import GeocoderParseError, GeopyError

from territories.geocoding import http
from territories.geocoding.base import AddressNotFoundError, GeocoderUnavailableError

REFUSED = (requests.codes.bad_request, requests.codes.unprocessable_entity)


def geocode(
    made: str, question: str | dict[str, str], *, server: dict[str, str], seconds: float, asked: dict[str, Any]
) -> list[Any]:
    """geopy's locations, the best first. What it raises may repeat the address or the key, and goes no further."""
    geocoder = getattr(geopy.geocoders, made)(**server, adapter_factory=DeadlineAdapter)
    try:
        return geocoder.geocode(question, exactly_one=False, timeout=seconds, **asked) or []
    except GeopyError as fault:
        raise GeocoderUnavailableError(f"it fails ({type(fault).__name__})") from None


class DeadlineAdapter(BaseSyncAdapter):
    def get_json(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any:
        try:
            return json.loads(self.get_text(url, timeout=timeout, headers=headers))
        except ValueError:
            raise GeocoderParseError("not JSON") from None

    def get_text(self, url: str, *, timeout: float, headers: dict[str, str]) -> str:
        answer = http.ask("GET", url, seconds=timeout, headers=headers)
        if answer.status in REFUSED:
            raise AddressNotFoundError("The geocoder refuses the address as incomplete.", pointer="/streetOne")
        if answer.status != requests.codes.ok:  # the text stays here: geopy would log it
            raise AdapterHTTPError(f"it answers {answer.status}", status_code=answer.status, headers={}, text=None)
        return answer.body.decode()


# It logs the URLs that it asks, in which the address and the key stand.
logging.getLogger("geopy").addFilter(lambda _: False)
