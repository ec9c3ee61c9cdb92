"""The days of the readings, each a table of its own: made ahead by a job, dropped as a whole once they are too old."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db import connection, transaction

from texture_portal.holding import hold

READINGS = "devices_reading"
MADE_AHEAD = 3
DAY = timedelta(days=1)
MOST_AHEAD = timedelta(minutes=5)  # clocks of devices differ; what is further ahead lies about its time


def oldest_kept(*, now: datetime) -> datetime:
    """Readings from before it are kept no longer."""
    first = (now - timedelta(days=settings.TELEMETRY_KEPT_DAYS)).astimezone(UTC).date()
    return datetime.combine(first, time(), UTC)


def ensure(days: Iterable[date]) -> None:
    """Makes the tables of these days where they are not there."""
    for day in sorted(_missing(days)):
        _make(day)


def keep(*, now: datetime) -> int:
    """Makes the coming days, and drops what is kept no longer. One at a time, since a drop waits for its readers."""
    today = now.astimezone(UTC).date()
    ensure(today + DAY * ahead for ahead in range(MADE_AHEAD + 1))
    first = oldest_kept(now=now).date()
    for day in present():
        if day < first:
            _drop(day)
    return 0


def present() -> list[date]:
    """The days that have a table, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = %s::regclass ORDER BY 1",
            [READINGS],
        )
        return [_day(name) for (name,) in cursor.fetchall()]


def name_of(day: date) -> str:
    return f"{READINGS}_{day:%Y%m%d}"


def _day(name: str) -> date:
    return date.fromisoformat(name.removeprefix(f"{READINGS}_"))


def _missing(days: Iterable[date]) -> set[date]:
    """By a look into the catalogue's table: what a connection remembers of names may be from before we waited."""
    wanted = {name_of(day): day for day in days}
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relispartition", [list(wanted)])
        there = {name for (name,) in cursor.fetchall()}
    return {day for name, day in wanted.items() if name not in there}


@transaction.atomic
def _make(day: date) -> None:
    """Attached, and not made as a part: that would wait for whoever reads or writes any day."""
    hold([f"partition|{READINGS}"])
    if not _missing([day]):
        return
    begin = datetime.combine(day, time(), UTC)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {name_of(day)} (LIKE {READINGS} INCLUDING ALL)")
        cursor.execute(
            f"ALTER TABLE {READINGS} ATTACH PARTITION {name_of(day)} FOR VALUES FROM (%s) TO (%s)", [begin, begin + DAY]
        )


@transaction.atomic
def _drop(day: date) -> None:
    hold([f"partition|{READINGS}"])  # with its limit on waiting: whoever reads does not queue behind us for long
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {name_of(day)}")
