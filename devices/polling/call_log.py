"""How clouds answer (§7), counted by the minute: how many, how they ended, how long they took, how old the data was."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from devices.models import CallBucket

LATENCIES = (50, 100, 200, 500, 1000, 2000, 3000, 5000, 10_000, 20_000)  # ms; one class more is beyond the last
AGES = (60, 300, 900, 3600, 86_400)  # s; under 900 is fresh (§4.1)
FRESH_CLASSES = AGES.index(900) + 1
P95_LIMITS = {"metadata": 2000, "telemetry": 2000, "control": 3000, "historical": 10_000}  # ms (§7.3)
KEPT = timedelta(days=35)
OK = "ok"

ADD = """
INSERT INTO devices_callbucket (cloud_id, call, category, minute, outcome, count, latencies, ages)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (cloud_id, minute, call, category, outcome) DO UPDATE SET
    count = devices_callbucket.count + excluded.count,
    latencies = ARRAY(SELECT a + b FROM unnest(devices_callbucket.latencies, excluded.latencies) AS each (a, b)),
    ages = ARRAY(SELECT a + b FROM unnest(devices_callbucket.ages, excluded.ages) AS each (a, b))
"""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    cloud: UUID
    call: str
    category: str
    minute: datetime
    outcome: str


@dataclass(slots=True)
class Counts:
    count: int = 0
    latencies: list[int] = field(default_factory=lambda: [0] * (len(LATENCIES) + 1))
    ages: list[int] = field(default_factory=lambda: [0] * (len(AGES) + 1))


@dataclass(slots=True)
class CallLog:
    """What one worker has counted and not written yet."""

    counted: dict[Key, Counts] = field(default_factory=dict)

    def note(self, cloud: UUID, call: str, category: str, *, outcome: str, seconds: float, now: datetime) -> None:
        counts = self._counts(cloud, call, category, outcome, now)
        counts.count += 1
        counts.latencies[bisect_left(LATENCIES, seconds * 1000)] += 1

    def note_ages(self, cloud: UUID, call: str, category: str, *, observed: Iterable[datetime], now: datetime) -> None:
        counts = self._counts(cloud, call, category, OK, now)
        for instant in observed:
            counts.ages[bisect_left(AGES, (now - instant).total_seconds(), hi=len(AGES))] += 1

    def write(self) -> None:
        """In one order for all workers, so that none waits for another in a circle."""
        if not self.counted:
            return
        rows = [
            (key.cloud, key.call, key.category, key.minute, key.outcome, counts.count, counts.latencies, counts.ages)
            for key, counts in sorted(self.counted.items())
        ]
        self.counted = {}
        with connection.cursor() as cursor:
            cursor.executemany(ADD, rows)

    def _counts(self, cloud: UUID, call: str, category: str, outcome: str, now: datetime) -> Counts:
        key = Key(cloud, call, category, now.replace(second=0, microsecond=0), outcome)
        return self.counted.setdefault(key, Counts())


def percentile(classes: Sequence[int], share: float) -> int | None:
    """The upper end, in milliseconds, of the class in which it lies; None beyond the last, and where there is none."""
    wanted, passed = share * sum(classes), 0
    for count, upper in zip(classes, LATENCIES, strict=False):
        passed += count
        if passed and passed >= wanted:
            return upper
    return None


def summed(rows: Iterable[Sequence[int]], *, width: int) -> list[int]:
    total = [0] * width
    for row in rows:
        total = [one + other for one, other in zip(total, row, strict=True)]
    return total


def purge(*, now: datetime) -> int:
    CallBucket.objects.filter(minute__lt=now - KEPT).delete()
    return 0
