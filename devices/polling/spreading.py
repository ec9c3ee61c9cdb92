"""When something is asked next: each at its own moment of the interval, so that a cloud is asked evenly. Pure."""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
FIRST_PAUSE = timedelta(minutes=1)


def next_slot(key: str, *, every: timedelta, after: datetime) -> datetime:
    """The first moment after `after` that is this key's own: always the same one within each interval."""
    phase = every * (int.from_bytes(blake2b(key.encode(), digest_size=4).digest(), "big") / 2**32)
    return after + every - (after - EPOCH - phase) % every


def next_turn(key: str, *, every: timedelta, after: datetime) -> datetime:
    """After a success: half an interval later at the soonest, an interval at the latest, and from the third on its own.

    What is asked out of turn, such as a device that was just enrolled, would else be asked again at once where its own
    moment is near.
    """
    left = next_slot(key, every=every, after=after) - after
    return after + (left if left >= every / 2 else (left + every) / 2)


def after_failure(key: str, *, every: timedelta, failures: int, now: datetime) -> datetime:
    """Sooner than the next turn after the first failures, and never later than it."""
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), every)
    return min(now + pause, next_slot(key, every=every, after=now)) if pause < every else now + every
