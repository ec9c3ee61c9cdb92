"""Rate limits by client and category of call: so many a second with a burst, and so many a day."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from partners.sandbox.places import DAY
from partners.sandbox.refusals import Refused

CATEGORIES = ("metadata", "telemetry", "control", "historical", "token")
FORM = re.compile(r"(?P<category>[a-z]+)=(?P<second>\d+(\.\d+)?)/s(:(?P<burst>\d+))?(\+(?P<day>\d+)/day)?")


@dataclass(frozen=True, slots=True)
class Limit:
    per_second: float
    burst: int
    per_day: int | None = None


USUAL = {
    "metadata": Limit(50, 100),
    "telemetry": Limit(300, 600),
    "control": Limit(100, 200),
    "historical": Limit(30, 60),
    "token": Limit(20, 40),
}


def limits_from(text: str) -> dict[str, Limit]:
    """`telemetry=5/s:10+50000/day,control=2/s` beside the usual ones. Raises ValueError for what it cannot read."""
    found = dict(USUAL)
    for part in filter(None, text.split(",")):
        match = FORM.fullmatch(part.strip())
        if match is None or match["category"] not in CATEGORIES:
            raise ValueError(f"{part!r} is no rate limit, such as telemetry=5/s:10+50000/day")
        per_second = float(match["second"])
        burst = int(match["burst"] or math.ceil(per_second))
        found[match["category"]] = Limit(per_second, burst, int(match["day"]) if match["day"] else None)
        if per_second <= 0 or burst < 1:
            raise ValueError(f"{part!r} would let nothing through")
    return found


@dataclass(slots=True)
class _Bucket:
    left: float
    filled_at: float
    day: int = 0
    today: int = 0


@dataclass(slots=True)
class Limits:
    """Told the time of the machine and not of the simulation, which may be set ahead."""

    of: dict[str, Limit]
    buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)

    def take(self, client: str, category: str, *, now: float) -> dict[str, str]:
        """One call's headers; raises `Refused` with 429 where there is nothing left."""
        limit = self.of[category]
        bucket = self.buckets.setdefault((client, category), _Bucket(limit.burst, now))
        bucket.left = min(limit.burst, bucket.left + (now - bucket.filled_at) * limit.per_second)
        bucket.filled_at = now
        if bucket.day != int(now // DAY):
            bucket.day, bucket.today = int(now // DAY), 0
        if limit.per_day is not None and bucket.today >= limit.per_day:
            raise _too_many(limit, category, left=0, wait=DAY - now % DAY)
        if bucket.left < 1:
            raise _too_many(limit, category, left=0, wait=(1 - bucket.left) / limit.per_second)
        bucket.left -= 1
        bucket.today += 1
        return _headers(limit, left=int(bucket.left), wait=(limit.burst - bucket.left) / limit.per_second)

    def as_json(self) -> dict[str, object]:
        return {
            name: {"per_second": each.per_second, "burst": each.burst, "per_day": each.per_day}
            for name, each in self.of.items()
        }


def too_many(category: str, *, wait: float, headers: Iterable[tuple[str, str]] = ()) -> Refused:
    after = str(max(1, math.ceil(wait)))
    return Refused(
        429,
        "too_many_requests",
        f"Too many {category} requests.",
        f"Wait {after} s, as Retry-After says.",
        headers={**dict(headers), "Retry-After": after},
    )


def _too_many(limit: Limit, category: str, *, left: int, wait: float) -> Refused:
    return too_many(category, wait=wait, headers=_headers(limit, left=left, wait=wait).items())


def _headers(limit: Limit, *, left: int, wait: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit.burst),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": str(math.ceil(wait)),
    }
