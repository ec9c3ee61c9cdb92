"""The simulated cloud's own clock: the machine's, set ahead where a test wants to see what an hour does."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(slots=True)
class Clock:
    """Seconds since 1970; `ahead` is how far the simulation is in front of the machine's clock."""

    ahead: float = 0.0

    def now(self) -> float:
        return time.time() + self.ahead


def to_wire(instant: float) -> str:
    return datetime.fromtimestamp(round(instant, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_wire(text: str) -> float:
    """Raises ValueError for what is no RFC 3339 timestamp with an offset."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("a timestamp needs its offset, such as 2026-05-01T17:03:00Z")
    return instant.timestamp()
