"""The territories and tables in force, in memory: what `matching` needs to know of a place, in microseconds.

Each process holds one `Index` and swaps it whole, so that look-ups under way are never disturbed.
"""

import threading
import time
from typing import Any, TypedDict
from uuid import UUID

from territories.addresses import Address
from territories.geocoding import Location
from territories.matching import Match, decide
from territories.models import Utility
from territories.snapshot import Index, load_index, token_in_force

# Each process asks the database this often at most whether something new was imported: well within 5 s.
CHECK_SECONDS = 2.0


class UtilityHint(TypedDict, total=False):
    eiaId: str
    name: str


_lock = threading.Lock()
_current: Index | None = None
_checked_at = 0.0


def match(location: Location, *, address: Address, utility_hint: UtilityHint | dict[str, Any] | None = None) -> Match:
    """Against the data in force in this process."""
    index = in_force()
    claims, overlays = index.claims(
        location.latitude,
        location.longitude,
        location.accuracy_meters,
        zip_code=address.zip_code,
        hint=utility_hint or {},
    )
    return decide(claims, overlays, accuracy_meters=location.accuracy_meters)


def data_sets_in_force() -> list[str]:
    """Names and versions, to be kept with a match."""
    return list(in_force().data_sets)


def in_force() -> Index:
    """One thread at a time loads what is new; the others go on with what they have, save for the very first time."""
    current = _current
    if current is None:
        with _lock:
            return _current or _refresh()
    if time.monotonic() - _checked_at > CHECK_SECONDS and _lock.acquire(blocking=False):
        try:
            return _refresh()
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
    with _lock:
        _current = None


def _refresh() -> Index:
    global _current, _checked_at
    token = token_in_force()
    if _current is None or _current.token != token:
        _current = load_index(token)
    _checked_at = time.monotonic()
    return _current
