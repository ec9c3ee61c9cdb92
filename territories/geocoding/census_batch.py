"""The Census Bureau's geocoder, many addresses in one call: a CSV file goes, a CSV file comes back, in any order."""

import csv
import io
from collections.abc import Sequence

import requests

from territories.addresses import Address
from territories.geocoding import http
from territories.geocoding.base import AddressNotFoundError, Answer, GeocoderUnavailableError
from territories.geocoding.census import ACCURACY_METERS, BENCHMARK, NAME, url
from territories.geocoding.choice import Offer, choose

MOST_ADDRESSES = 10_000  # what the service takes in one file


def ask_census_for_many(addresses: Sequence[Address], seconds: float) -> list[Answer]:
    """One answer an address; raises GeocoderUnavailableError where the file as a whole had none."""
    if len(addresses) > MOST_ADDRESSES:
        raise ValueError(f"the Census geocoder takes {MOST_ADDRESSES} addresses in one file")
    answer = http.ask(
        "POST",
        url("locations/addressbatch"),
        seconds=seconds,
        files={"addressFile": ("addresses.csv", _file(addresses), "text/csv")},
        data={"benchmark": BENCHMARK},
    )
    if answer.status != requests.codes.ok:
        raise GeocoderUnavailableError(f"it answers {answer.status}")
    rows = _rows(answer.body)
    if rows.keys().isdisjoint(map(str, range(len(addresses)))):
        raise GeocoderUnavailableError("its answer is malformed")
    return [_answer(rows.get(str(place), []), address) for place, address in enumerate(addresses)]


def _file(addresses: Sequence[Address]) -> bytes:
    """The rows are numbered, and have no heading: id, street, city, state, ZIP code."""
    text = io.StringIO()
    csv.writer(text).writerows(
        (place, *map(_one_line, (address.street_one, address.city, address.state, address.zip_code)))
        for place, address in enumerate(addresses)
    )
    return text.getvalue().encode()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _rows(body: bytes) -> dict[str, list[str]]:
    """By id: id, the address asked for, `Match` | `No_Match` | `Tie`, and of a match `Exact` | `Non_Exact`, the address
    found, `longitude,latitude`, and which side of which street.
    """
    try:
        return {row[0]: row for row in csv.reader(io.StringIO(body.decode()), strict=True) if len(row) > 2}
    except (UnicodeDecodeError, csv.Error):
        raise GeocoderUnavailableError("its answer is malformed") from None


def _answer(row: list[str], address: Address) -> Answer:
    try:
        return choose(_offers(row), address=address, geocoder=NAME)
    except (AddressNotFoundError, GeocoderUnavailableError) as verdict:
        return verdict


def _offers(row: list[str]) -> list[Offer]:
    """A tie has no coordinates here, so it is as if unknown: asked for alone, the places would be named."""
    match row:
        case [_, _, "No_Match" | "Tie", *_]:
            return []
        case [_, _, "Match", _, label, point, *_]:
            try:
                longitude, latitude = map(float, point.split(","))
            except ValueError:
                raise GeocoderUnavailableError("its answer is malformed") from None
            return [Offer(latitude, longitude, ACCURACY_METERS, label)]
        case _:
            raise GeocoderUnavailableError("its answer leaves the address out")
