"""One geocoder of the chain, asked for one address or for many: in time, through its circuit breaker."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings

from territories.addresses import Address
from territories.geocoding import breaker
from territories.geocoding.base import AddressNotFoundError, Answer, Geocoder, GeocoderUnavailableError, Location
from texture_portal import clock

# A file of addresses takes a service longer to begin than a few single questions take it to answer.
LEAST_FOR_A_FILE = 4
MOST_IN_A_FILE = 1_000


def ask_each(geocoder: Geocoder, addresses: Sequence[Address], *, deadline: float | None) -> list[Answer]:
    """One answer an address, in order. What is not asked by `deadline` (of the monotonic clock) is out of reach."""
    if not geocoder.asks_outside:
        return [_ask(geocoder, address, seconds=0) for address in addresses]
    answers: list[Answer] = []
    for part in _parts(geocoder, addresses):
        answers += _ask_outside(geocoder, part, deadline=deadline)
    return answers


def _parts(geocoder: Geocoder, addresses: Sequence[Address]) -> Iterator[Sequence[Address]]:
    """As many as go out at once: a file of them, or a handful of single questions."""
    by_file = geocoder.ask_many is not None and len(addresses) >= LEAST_FOR_A_FILE
    size = MOST_IN_A_FILE if by_file else geocoder.at_once
    for begin in range(0, len(addresses), size):
        yield addresses[begin : begin + size]


def _ask_outside(geocoder: Geocoder, part: Sequence[Address], *, deadline: float | None) -> Sequence[Answer]:
    left = None if deadline is None else deadline - time.monotonic()
    if left is not None and left <= 0:
        return [GeocoderUnavailableError("the time is up")] * len(part)
    if not breaker.may_ask(geocoder.name, now=clock.now()):
        return [GeocoderUnavailableError("it failed of late and is not asked for a while")] * len(part)
    answers = _questions(geocoder, part, left=left)
    _note(geocoder, answers)
    return answers


def _questions(geocoder: Geocoder, part: Sequence[Address], *, left: float | None) -> Sequence[Answer]:
    """`left`: seconds, for all of them."""
    if geocoder.ask_many is not None and len(part) >= LEAST_FOR_A_FILE:
        return _ask_by_file(geocoder, part, seconds=settings.GEOCODE_BATCH_SECONDS if left is None else left)
    own = settings.GEOCODER_SECONDS_OF.get(geocoder.name, settings.GEOCODER_SECONDS)
    seconds = own if left is None else min(own, left)
    if len(part) == 1:
        return [_ask(geocoder, part[0], seconds=seconds)]
    with ThreadPoolExecutor(max_workers=len(part)) as threads:  # they touch no database
        return list(threads.map(lambda address: _ask(geocoder, address, seconds=seconds), part))


def _ask_by_file(geocoder: Geocoder, part: Sequence[Address], *, seconds: float) -> Sequence[Answer]:
    assert geocoder.ask_many is not None
    try:
        return geocoder.ask_many(part, seconds)
    except GeocoderUnavailableError as fault:
        return [fault] * len(part)


def _ask(geocoder: Geocoder, address: Address, *, seconds: float) -> Answer:
    try:
        return geocoder.ask(address, seconds)
    except (AddressNotFoundError, GeocoderUnavailableError) as verdict:
        return verdict


def _note(geocoder: Geocoder, answers: Sequence[Answer]) -> None:
    """A file that was not answered is one fault, however many addresses stood in it."""
    faults = {id(answer): answer for answer in answers if isinstance(answer, GeocoderUnavailableError)}
    for fault in faults.values():
        breaker.note_fault(geocoder.name, fault, now=clock.now())
    if any(isinstance(answer, Location | AddressNotFoundError) for answer in answers):
        breaker.note_answer(geocoder.name)
