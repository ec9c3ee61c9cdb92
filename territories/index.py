"""The territories and tables in force, in memory: what `matching` needs to know of a place, in microseconds.

Each process holds one `Index` and swaps it whole, so that look-ups under way are never disturbed. What is new is read
in a thread of its own while look-ups go on with what they have.
"""

import ctypes
import gc
import logging
import threading
import time
from typing import Any, TypedDict
from uuid import UUID

from django.conf import settings
from django.db import connection

from territories.addresses import Address
from territories.geocoding import Location
from territories.matching import Match, Overlay, Rule, choose_overlay, decide
from territories.models import Site, Utility
from territories.snapshot import Index, State, load_index, state_in_force

# Each process asks the database this often at most whether something new was imported: well within 5 s.
CHECK_SECONDS = 2.0

logger = logging.getLogger(__name__)


class UtilityHint(TypedDict, total=False):
    eiaId: str
    name: str


_lock = threading.Lock()
_current: Index | None = None
_checked_at = 0.0
_reader: threading.Thread | None = None


def match(
    location: Location,
    *,
    address: Address,
    utility_hint: UtilityHint | dict[str, Any] | None = None,
    account_number: str = "",
) -> Match:
    """Against the data in force in this process."""
    index = in_force()
    place = index.place(
        location.latitude,
        location.longitude,
        location.accuracy_meters,
        zip_code=address.zip_code,
        state=address.state.strip().upper(),
        utility_hint=utility_hint or {},
        account_number=account_number,
    )
    heard = index.hear(place)
    return decide(
        heard,
        index.overlays(place),
        accuracy_meters=location.accuracy_meters,
        covered=index.covered(place, heard),
        rule=_rule(),
    )


def overlay(site: Site, *, segment: str) -> Overlay:
    """Which CCA supplies at the site over the wires of a utility of this segment, by the data in force."""
    if site.latitude is None or site.longitude is None or site.accuracy_meters is None:
        return Overlay()
    index = in_force()
    place = index.place(site.latitude, site.longitude, site.accuracy_meters, zip_code="", state=site.state)
    return choose_overlay(index.overlays(place), segment=segment, rule=_rule())


def _rule() -> Rule:
    return Rule(settings.MATCH_THRESHOLD, settings.MATCH_MARGIN)


def data_sets_in_force() -> list[str]:
    """Names and versions, to be kept with a match."""
    return list(in_force().data_sets)


def in_force() -> Index:
    """The very first time it is read here; later a thread reads what is new, and no look-up waits for it."""
    current = _current
    if current is None:
        with _lock:
            return _current or _load(state_in_force())
    if time.monotonic() - _checked_at > CHECK_SECONDS and _lock.acquire(blocking=False):
        try:
            _look_for_what_is_new(current)
        finally:
            _lock.release()
    return current


def utility(utility_id: UUID | None) -> Utility | None:
    """From memory, where it was matched a moment ago; from the database where an import came between."""
    if utility_id is None:
        return None
    return in_force().utilities.get(utility_id) or Utility.objects.get(pk=utility_id)


def forget() -> None:
    """The next look-up reads the database anew: after an import in this process, and between tests."""
    global _current
    if _reader is not None:
        _reader.join()  # what it reads would come back
    with _lock:
        _current = None


def _look_for_what_is_new(current: Index) -> None:
    """Asks what is in force; where it is not what is in memory, a thread reads it, one at a time."""
    global _checked_at, _reader
    if _reader is None or not _reader.is_alive():
        state = state_in_force()
        if state != current.state:
            _reader = threading.Thread(target=_read, args=[state], name="territories", daemon=True)
            _reader.start()
    _checked_at = time.monotonic()


def _read(state: State) -> None:
    """In a thread of its own, with a connection of its own. What failed is tried again at the next look."""
    gc.disable()  # so many new objects would have it walk through all memory again and again, and look-ups wait for it
    try:
        _load(state)
    except Exception:
        logger.exception("the territories in force could not be read; matching goes on with those before")
    finally:
        gc.enable()
        connection.close()
        _give_back_memory()


def _give_back_memory() -> None:
    """What the territories before held: the allocator would keep it, and the process grow with every reload."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):  # glibc's
        libc.malloc_trim(0)


def _load(state: State) -> Index:
    global _current, _checked_at
    _current = load_index(state, before=_current)
    _checked_at = time.monotonic()
    return _current
