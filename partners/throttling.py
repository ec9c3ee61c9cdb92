"""The token buckets of partners, which all web processes share (contract §8).

They are rows of a table that is not logged: a crash of the database fills every bucket, and nothing else is lost. A
process takes a handful of tokens at a time, so that most requests ask nobody; the emptier the bucket, the fewer.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from partners.limits import Category, Limit
from texture_portal import prepared
from texture_portal.refusals import Refusal

HANDFULS = 20  # of what a full bucket has
SPARE = 1.25  # what processes hold and do not need, a partner must not miss
HELD_SECONDS = 1.0  # a handful that is not used by then is dropped: the bucket was full again long since, or soon

# All by the database's clock. `granted` is what this taking was given: none where the bucket is empty.
TAKE = """
INSERT INTO partners_bucket AS held (partner_id, category, tokens, granted, filled_at)
VALUES (%(partner)s, %(category)s, %(room)s - %(handful)s, %(handful)s, clock_timestamp())
ON CONFLICT (partner_id, category) DO UPDATE SET (tokens, granted, filled_at) = (
    SELECT filled - given, given, at
    FROM (SELECT clock_timestamp() AS at) AS clock
    CROSS JOIN LATERAL (
        SELECT LEAST(%(room)s, held.tokens + %(a_second)s * GREATEST(0, extract(epoch FROM at - held.filled_at)))
            AS filled
    ) AS refill
    CROSS JOIN LATERAL (
        SELECT LEAST(floor(filled), GREATEST(1, floor(filled / %(handfuls)s))) AS given
    ) AS share
)
RETURNING tokens, granted
"""


@dataclass(slots=True)
class _Handful:
    """What is left of the tokens that this process took, and of the bucket when it did."""

    own: int
    in_bucket: float
    taken_at: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether one more request is within the limit, and what is left."""

    limit: Limit
    granted: bool
    remaining: float

    @property
    def headers(self) -> dict[str, str]:
        return {"RateLimit-Policy": self.limit.policy, "RateLimit": self.limit.state(self.remaining)}

    def check(self) -> None:
        if not self.granted:
            raise Refusal(
                "rate_limited",
                f"More than {self.limit.burst} requests at once, or {self.limit.a_second} a second, in the category "
                f"{self.limit.category}.",
            )


class Throttle:
    """One process's share of the buckets."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._held: dict[tuple[UUID, Category], _Handful] = {}

    def take(self, partner_id: UUID, limit: Limit) -> Allowance:
        """One token, for one request."""
        key = (partner_id, limit.category)
        if (from_own := self._from_own(key, limit)) is not None:
            return from_own
        left, granted = _take_handful(partner_id, limit)
        with self._lock:
            self._held[key] = _Handful(max(0, granted - 1), left, self._clock())
        return Allowance(limit, granted > 0, left + granted - 1)

    def _from_own(self, key: tuple[UUID, Category], limit: Limit) -> Allowance | None:
        with self._lock:
            held = self._held.get(key)
            if held is None or held.own == 0 or self._clock() - held.taken_at > HELD_SECONDS:
                return None
            held.own -= 1
            return Allowance(limit, granted=True, remaining=held.in_bucket + held.own)


def _take_handful(partner_id: UUID, limit: Limit) -> tuple[float, int]:
    """What is left in the bucket, and how many of it are ours now."""
    room = limit.burst * SPARE
    asked = {
        "partner": partner_id,
        "category": limit.category.value,
        "room": room,
        "handful": max(1, int(room / HANDFULS)),  # of a full bucket; `TAKE` says it of any
        "handfuls": HANDFULS,
        "a_second": limit.a_second,
    }
    [(left, granted)] = prepared.rows(TAKE, asked)
    return float(left), int(granted)


_of_this_process = Throttle()


def take(partner_id: UUID, limit: Limit) -> Allowance:
    return _of_this_process.take(partner_id, limit)
