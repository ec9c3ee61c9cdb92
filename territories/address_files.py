"""Files of addresses, located row by row: what a list that came by mail needs before it is worth importing."""

import csv
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TextIO

from territories import geocoding
from territories.addresses import Address
from territories.geocoding import Location, Verdict

WANTED = ("street", "city", "state", "postal_code")
ADDED = ("latitude", "longitude", "accuracy_meters", "geocoder", "fault")
ROWS_AT_ONCE = 1_000


class NoAddressesError(Exception):
    """The file has not the columns that make an address."""


def columns(file: TextIO) -> list[str]:
    """Of the answer to this CSV file, which is read from its beginning again afterwards. Raises NoAddressesError."""
    given = next(csv.reader(file), [])
    file.seek(0)
    if missing := [name for name in WANTED if name not in given]:
        raise NoAddressesError(f"The file has no column {', '.join(missing)}. It wants {', '.join(WANTED)}.")
    return [*given, *(name for name in ADDED if name not in given)]


def locate_rows(file: TextIO, *, seconds: float) -> Iterator[dict[str, str]]:
    """Each row with the columns `ADDED` to it. `seconds` is for a thousand rows."""
    rows = csv.DictReader(file)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        yield from _located(some, seconds=seconds)


def _located(rows: list[dict[str, str]], *, seconds: float) -> Iterable[dict[str, str]]:
    asked = [(_address(row), None) for row in rows]
    for row, verdict in zip(rows, geocoding.locate_many(asked, seconds=seconds), strict=True):
        yield row | dict(zip(ADDED, _told(verdict), strict=True))


def _address(row: dict[str, str]) -> Address:
    street, city, state, postal_code = ((row[name] or "").strip() for name in WANTED)
    return Address(street, "", city, state, postal_code)


def _told(verdict: Verdict) -> tuple[str, ...]:
    if isinstance(verdict, Location):
        return (
            str(verdict.latitude),
            str(verdict.longitude),
            str(verdict.accuracy_meters),
            verdict.geocoder,
            "",
        )
    return ("", "", "", "", str(verdict))
