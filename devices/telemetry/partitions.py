"""The parts of the readings (a day) and of their roll-ups (a month): made ahead by a job, dropped once too old."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db import connection, transaction

from texture_portal.holding import hold

DAYS_AHEAD = 3
DAY = timedelta(days=1)
MOST_AHEAD = timedelta(seconds=30)  # as for every time that a partner tells (contract §3, §4); beyond it, it lies


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    monthly: bool = False

    def begin(self, day: date) -> date:
        """Of the part that the day is in."""
        return day.replace(day=1) if self.monthly else day

    def end(self, begin: date) -> date:
        return (begin + 31 * DAY).replace(day=1) if self.monthly else begin + DAY

    def part(self, begin: date) -> str:
        return f"{self.name}_{begin:%Y%m%d}"

    def begin_of(self, part: str) -> date:
        return date.fromisoformat(part.removeprefix(f"{self.name}_"))


READINGS, ROLLUPS = Table("devices_reading"), Table("devices_rollup", monthly=True)


def oldest_kept(*, now: datetime) -> datetime:
    """Readings from before it are kept no longer."""
    first = (now - timedelta(days=settings.TELEMETRY_KEPT_DAYS)).astimezone(UTC).date()
    return _midnight(first)


def ensure(table: Table, days: Iterable[date]) -> None:
    """Makes the parts that these days are in, where they are not there."""
    for begin in sorted(_missing(table, {table.begin(day) for day in days})):
        _make(table, begin)


def keep(*, now: datetime) -> int:
    """Makes the coming parts, and drops what is kept no longer: what ends before the oldest reading may."""
    today, first = now.astimezone(UTC).date(), oldest_kept(now=now).date()
    for table in (READINGS, ROLLUPS):
        ensure(table, (today + DAY * ahead for ahead in range(DAYS_AHEAD + 1)))
        for begin in present(table):
            if table.end(begin) <= first:
                _drop(table, begin)
    return 0


def present(table: Table) -> list[date]:
    """Where each part begins, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = %s::regclass ORDER BY 1",
            [table.name],
        )
        return [table.begin_of(name) for (name,) in cursor.fetchall()]


def _missing(table: Table, begins: Iterable[date]) -> set[date]:
    """By a look into the catalogue's table: what a connection remembers of names may be from before we waited."""
    wanted = {table.part(begin): begin for begin in begins}
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relispartition", [list(wanted)])
        there = {name for (name,) in cursor.fetchall()}
    return {begin for name, begin in wanted.items() if name not in there}


@transaction.atomic
def _make(table: Table, begin: date) -> None:
    """Attached, and not made as a part: that would wait for whoever reads or writes any."""
    hold([f"partition|{table.name}"])
    if not _missing(table, [begin]):
        return
    part, bounds = table.part(begin), [_midnight(begin), _midnight(table.end(begin))]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {part} (LIKE {table.name} INCLUDING ALL)")
        cursor.execute(f"ALTER TABLE {table.name} ATTACH PARTITION {part} FOR VALUES FROM (%s) TO (%s)", bounds)


@transaction.atomic
def _drop(table: Table, begin: date) -> None:
    hold([f"partition|{table.name}"])  # with its limit on waiting: whoever reads does not queue behind us for long
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table.part(begin)}")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
