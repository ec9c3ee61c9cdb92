"""How clouds answer (§7), counted by the minute: how many, how they ended, how long they took, how old the data was.

Of a TPDO's cloud besides by the maker whose devices a call was for (§3.3).
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from devices.models import CallBucket, MakerBucket
from partners.models.partner import same_name

LATENCIES = (50, 100, 200, 500, 1000, 2000, 3000, 5000, 10_000, 20_000)  # ms; one class more is beyond the last
AGES = (60, 300, 900, 3600, 86_400)  # s; under 900 is fresh (§4.1)
FRESH_CLASSES = AGES.index(900) + 1
P95_LIMITS = {"metadata": 2000, "telemetry": 2000, "control": 3000, "historical": 10_000}  # ms (§7.3)
KEPT = timedelta(days=35)
OK = "ok"

NO_ONE = ""  # no one maker's: a list of all devices

ADD = """
INSERT INTO devices_callbucket AS kept (cloud_id, call, category, minute, outcome, count, latencies, ages)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (cloud_id, minute, call, category, outcome) DO UPDATE SET
    count = kept.count + excluded.count,
    latencies = ARRAY(SELECT a + b FROM unnest(kept.latencies, excluded.latencies) AS each (a, b)),
    ages = ARRAY(SELECT a + b FROM unnest(kept.ages, excluded.ages) AS each (a, b))
"""
ADD_BY_MAKER = """
INSERT INTO devices_makerbucket AS kept (maker_key, cloud_id, call, category, minute, outcome, count, latencies, ages)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (cloud_id, minute, maker_key, call, category, outcome) DO UPDATE SET
    count = kept.count + excluded.count,
    latencies = ARRAY(SELECT a + b FROM unnest(kept.latencies, excluded.latencies) AS each (a, b)),
    ages = ARRAY(SELECT a + b FROM unnest(kept.ages, excluded.ages) AS each (a, b))
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
    """What one worker has counted and not written yet. `makers`: of a TPDO's cloud, whom each call was for.

    However a maker's name is spelled, it is one (`same_name`).
    """

    counted: dict[Key, Counts] = field(default_factory=dict)
    by_maker: dict[tuple[str, Key], Counts] = field(default_factory=dict)

    def note(
        self, cloud: UUID, call: str, category: str, *, outcome: str, seconds: float, now: datetime,
        makers: Collection[str] = (),
    ) -> None:  # fmt: skip
        key, place = _key(cloud, call, category, outcome, now), bisect_left(LATENCIES, seconds * 1000)
        for counts in (self._whole(key), *(self._of_maker(maker, key) for maker in set(map(same_name, makers)))):
            counts.count += 1
            counts.latencies[place] += 1

    def note_ages(
        self, cloud: UUID, call: str, category: str, *, observed: Iterable[tuple[str, datetime]], now: datetime
    ) -> None:
        """Each with its device's maker, blank where the cloud is no TPDO's."""
        key = _key(cloud, call, category, OK, now)
        whole = self._whole(key)
        for maker, instant in observed:
            place = bisect_left(AGES, (now - instant).total_seconds(), hi=len(AGES))
            whole.ages[place] += 1
            if maker:
                self._of_maker(same_name(maker), key).ages[place] += 1

    def write(self) -> None:
        """In one order for all workers, so that none waits for another in a circle."""
        whole = [_row(key, counts) for key, counts in sorted(self.counted.items())]
        by_maker = [(maker, *_row(key, counts)) for (maker, key), counts in sorted(self.by_maker.items())]
        self.counted, self.by_maker = {}, {}
        with connection.cursor() as cursor:
            for statement, rows in ((ADD, whole), (ADD_BY_MAKER, by_maker)):
                if rows:
                    cursor.executemany(statement, rows)

    def _whole(self, key: Key) -> Counts:
        return self.counted.setdefault(key, Counts())

    def _of_maker(self, maker: str, key: Key) -> Counts:
        return self.by_maker.setdefault((maker, key), Counts())


def _key(cloud: UUID, call: str, category: str, outcome: str, now: datetime) -> Key:
    return Key(cloud, call, category, now.replace(second=0, microsecond=0), outcome)


def _row(key: Key, counts: Counts) -> tuple[Any, ...]:
    return (key.cloud, key.call, key.category, key.minute, key.outcome, counts.count, counts.latencies, counts.ages)


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
    MakerBucket.objects.filter(minute__lt=now - KEPT).delete()
    return 0
