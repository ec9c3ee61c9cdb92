"""From addresses to places: what is known already, then the geocoders in the order of the setting GEOCODERS."""

import time
from collections.abc import Sequence

from django.conf import settings

from territories.addresses import Address
from territories.geocoding import places
from territories.geocoding.asking import ask_each
from territories.geocoding.base import (
    AddressNotFoundError,
    Geocoder,
    GeocodersUnavailableError,
    GeocoderUnavailableError,
    Location,
)
from territories.geocoding.coordinates import Coordinates, with_coordinates
from territories.geocoding.geocoders import chain
from texture_portal import clock

Verdict = Location | AddressNotFoundError | GeocodersUnavailableError


def locate(address: Address, *, coordinates: Coordinates | None = None, keep: bool = True) -> Location:
    """`coordinates` are the partner's (latitude, longitude): used where they agree with the address, else noted.

    Raises AddressNotFoundError (the verdict of the last geocoder that could be asked) and GeocodersUnavailableError.
    Unless `keep`, nothing of the answer is kept.
    """
    verdict = _verdicts([address], keep=keep, deadline=None)[0]
    if isinstance(verdict, Exception):
        raise verdict
    return with_coordinates(verdict, coordinates)


def locate_many(asked: Sequence[tuple[Address, Coordinates | None]], *, seconds: float | None = None) -> list[Verdict]:
    """What `locate` says of each, in order: one question a file of them, where the geocoder takes files.

    `seconds` (by default the setting GEOCODE_BATCH_SECONDS) is for all: which outside geocoders were not asked by
    then counts as out of reach.
    """
    deadline = time.monotonic() + (settings.GEOCODE_BATCH_SECONDS if seconds is None else seconds)
    verdicts = _verdicts([address for address, _ in asked], keep=True, deadline=deadline)
    return [
        with_coordinates(verdict, coordinates) if isinstance(verdict, Location) else verdict
        for verdict, (_, coordinates) in zip(verdicts, asked, strict=True)
    ]


def _verdicts(addresses: Sequence[Address], *, keep: bool, deadline: float | None) -> list[Verdict]:
    geocoders = chain()
    if not any(geocoder.asks_outside for geocoder in geocoders):
        return _ask_chain(geocoders, addresses, deadline=deadline)
    distinct = {address.key: address for address in addresses}
    known = places.recall(distinct.values(), chain=geocoders, now=clock.now())
    new = {key: address for key, address in distinct.items() if key not in known}
    told = dict(zip(new, _ask_chain(geocoders, list(new.values()), deadline=deadline), strict=True))
    located = {key: verdict for key, verdict in told.items() if isinstance(verdict, Location)}
    if keep and located:
        places.keep(located, chain=geocoders, now=clock.now())
    return [(known | told)[address.key] for address in addresses]


def _ask_chain(geocoders: Sequence[Geocoder], addresses: Sequence[Address], *, deadline: float | None) -> list[Verdict]:
    """Each geocoder is asked for what those before it did not locate."""
    told: list[list[AddressNotFoundError | GeocoderUnavailableError]] = [[] for _ in addresses]
    located: dict[int, Location] = {}
    for geocoder in geocoders:
        open_ones = [place for place in range(len(addresses)) if place not in located]
        answers = ask_each(geocoder, [addresses[place] for place in open_ones], deadline=deadline)
        for place, answer in zip(open_ones, answers, strict=True):
            if isinstance(answer, Location):
                located[place] = answer
            else:
                told[place].append(answer)
    return [located.get(place) or _verdict(told[place]) for place in range(len(addresses))]


def _verdict(told: Sequence[AddressNotFoundError | GeocoderUnavailableError]) -> Verdict:
    """The last that could be asked has the word; the nearest spellings that any of them offered go with it."""
    verdicts = [each for each in told if isinstance(each, AddressNotFoundError)]
    if verdicts:
        last, offered = verdicts[-1], [each for verdict in reversed(verdicts) for each in verdict.suggestions]
        return AddressNotFoundError(last.reason, pointer=last.pointer, suggestions=tuple(dict.fromkeys(offered)))
    return GeocodersUnavailableError("; ".join(map(str, told)) or "no geocoder is configured")
