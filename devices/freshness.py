"""How old a device's latest reading is, as a word (contract §5). Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

FRESH_FOR = timedelta(minutes=15)  # §4.1
OFFLINE_AFTER = timedelta(hours=72)  # contract §5


class Freshness(StrEnum):
    FRESH = "fresh"
    STALE = "stale"
    OFFLINE = "offline"
    NEVER = "never"


def freshness(last_seen_at: datetime | None, *, now: datetime) -> Freshness:
    if last_seen_at is None:
        return Freshness.NEVER
    age = now - last_seen_at
    if age < FRESH_FOR:
        return Freshness.FRESH
    return Freshness.OFFLINE if age > OFFLINE_AFTER else Freshness.STALE
