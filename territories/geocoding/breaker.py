"""The circuit breaker: a geocoder that fails again and again is not asked for a while, by any process.

Each process counts the faults that it sees in a row. What opens the circuit is a row in the database, which every
process reads every few seconds: so one asks in vain, not all. When the pause is over, whoever takes the row asks for
all; an answer removes it, a fault makes the next pause longer. A geocoder that says when to come back is believed.
"""

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from territories.geocoding.base import GeocoderUnavailableError
from territories.models import GeocoderOutage

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=10)
LONGEST_RETRY_AFTER = timedelta(hours=1)
PROBE = timedelta(seconds=60)  # whoever asks for all and dies is followed by another then
CHECK_SECONDS = 2.0
MOST_PAUSES = 1_000


@dataclass
class Circuits:
    """What this process knows."""

    faults: dict[str, int] = field(default_factory=dict)
    outages: dict[str, GeocoderOutage] = field(default_factory=dict)
    read_at: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


_known = Circuits()


def may_ask(geocoder: str, *, now: datetime) -> bool:
    outage = _outages().get(geocoder)
    if outage is None:
        return True
    if now < outage.until:
        return False
    taken: int = GeocoderOutage.objects.filter(pk=geocoder, until=outage.until).update(until=now + PROBE)
    forget_outages()
    return bool(taken)


def note_answer(geocoder: str) -> None:
    _known.faults.pop(geocoder, None)
    if geocoder in _known.outages:
        GeocoderOutage.objects.filter(pk=geocoder).delete()
        forget_outages()


def note_fault(geocoder: str, fault: GeocoderUnavailableError, *, now: datetime) -> None:
    with _known.lock:
        _known.faults[geocoder] = in_a_row = _known.faults.get(geocoder, 0) + 1
    outage = _outages().get(geocoder)
    if outage is None and fault.retry_after is None and in_a_row < settings.GEOCODER_FAULTS:
        return
    pauses = min(MOST_PAUSES, outage.pauses + 1) if outage else 1
    GeocoderOutage.objects.bulk_create(
        [
            GeocoderOutage(
                geocoder=geocoder,
                since=outage.since if outage else now,
                until=now + _pause(pauses, fault.retry_after),
                pauses=pauses,
                reason=str(fault)[:200],
            )
        ],
        update_conflicts=True,
        unique_fields=["geocoder"],
        update_fields=["until", "pauses", "reason"],
    )
    forget_outages()


def forget_outages() -> None:
    """The next question reads the database anew."""
    _known.read_at = None


def begin_anew() -> None:
    """As a process that has just begun: between tests."""
    _known.faults.clear()
    _known.outages = {}
    _known.read_at = None


def _pause(pauses: int, retry_after: float | None) -> timedelta:
    if retry_after is not None:
        return min(timedelta(seconds=retry_after), LONGEST_RETRY_AFTER)
    doubled: timedelta = FIRST_PAUSE * 2 ** min(pauses - 1, 10)
    return min(doubled, LONGEST_PAUSE)


def _outages() -> dict[str, GeocoderOutage]:
    if _known.read_at is None or time.monotonic() - _known.read_at > CHECK_SECONDS:
        _known.read_at = time.monotonic()
        _known.outages = {outage.geocoder: outage for outage in GeocoderOutage.objects.all()}
    return _known.outages
