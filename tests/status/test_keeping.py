"""Components are kept as they are seen, one row a change; what nobody could see is not said to have been well."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import DatabaseError, connections

from texture_portal import holding, schedules
from texture_portal.models import ComponentSpan, Heartbeat
from texture_portal.status import keeping
from texture_portal.status.components import Key, State
from texture_portal.status.keeping import keep, look_from_the_web, purge, watch

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.django_db


def spans(key: Key) -> list[tuple[str, float, float]]:
    """Each with the minutes after NOW at which it began and was last seen."""
    rows = ComponentSpan.objects.filter(component=key).order_by("began_at", "id")
    return [(row.state, (row.began_at - NOW) / MINUTE, (row.seen_at - NOW) / MINUTE) for row in rows]


def look(minutes: float, **seen: State) -> None:
    keep({Key(name): state for name, state in seen.items()}, now=NOW + minutes * MINUTE)


def test_while_nothing_changes_there_is_one_row() -> None:
    for minute in range(60):
        look(minute, web=State.UP)
    assert spans(Key.WEB) == [("up", 0, 59)]


def test_a_change_is_a_row() -> None:
    for minute, state in enumerate((State.UP, State.UP, State.DOWN, State.DOWN, State.UP)):
        look(minute, workers=state)
    assert spans(Key.WORKERS) == [("up", 0, 1), ("down", 2, 3), ("up", 4, 4)]


def test_a_web_that_told_nothing_was_down_and_of_the_rest_nobody_knows() -> None:
    everything = dict.fromkeys(("web", "database", "workers", "schedules"), State.UP)
    look(0, **everything)
    look(10, **everything)
    assert spans(Key.WEB) == [("up", 0, 0), ("down", 0, 10), ("up", 10, 10)]
    for key in (Key.DATABASE, Key.WORKERS, Key.SCHEDULES):
        assert spans(key) == [("up", 0, 0), ("unknown", 0, 10), ("up", 10, 10)]


def test_a_look_that_came_late_is_no_outage() -> None:
    look(0, web=State.UP)
    look(keeping.PATIENCE / MINUTE, web=State.UP)
    assert spans(Key.WEB) == [("up", 0, 3)]


def test_a_database_that_did_not_answer_is_written_down_once_it_does() -> None:
    """However short it was: the web process remembers, and was there itself."""
    everything = dict.fromkeys((Key.WEB, Key.DATABASE, Key.WORKERS), State.UP)
    keep(everything, now=NOW)
    keep(everything, now=NOW + 2 * MINUTE, away_since=NOW + MINUTE)
    assert spans(Key.DATABASE) == [("up", 0, 0), ("down", 1, 2), ("up", 2, 2)]
    assert spans(Key.WEB) == [("up", 0, 2)]
    assert spans(Key.WORKERS) == [("up", 0, 2)]


def test_an_outage_of_an_hour_is_told_once_by_all_the_processes_that_remember_it() -> None:
    everything = dict.fromkeys((Key.WEB, Key.DATABASE, Key.WORKERS), State.UP)
    keep(everything, now=NOW)
    for seconds in (0, 1, 2):
        keep(everything, now=NOW + 60 * MINUTE + timedelta(seconds=seconds), away_since=NOW + MINUTE)
    assert [each[:2] for each in spans(Key.DATABASE)] == [("up", 0), ("down", 1), ("up", 60)]
    assert [each[0] for each in spans(Key.WORKERS)] == ["up", "unknown", "up"]
    assert [each[0] for each in spans(Key.WEB)] == ["up"]


def test_of_a_time_before_the_one_who_remembers_came_to_be_nobody_tells() -> None:
    """The database is away at 0; at 60 the process is made anew; at 65 the database is back."""
    everything = dict.fromkeys((Key.WEB, Key.DATABASE, Key.WORKERS), State.UP)
    keep(everything, now=NOW)
    keep(everything, now=NOW + 65 * MINUTE, away_since=NOW + 60 * MINUTE)
    assert spans(Key.DATABASE) == [("up", 0, 0), ("unknown", 0, 60), ("down", 60, 65), ("up", 65, 65)]
    assert spans(Key.WEB) == [("up", 0, 0), ("down", 0, 60), ("up", 60, 65)]
    assert spans(Key.WORKERS) == [("up", 0, 0), ("unknown", 0, 65), ("up", 65, 65)]


@pytest.mark.parametrize("since", [None, 60, 62])
def test_who_saw_all_of_an_outage_is_believed_though_others_looked_before(since: int | None) -> None:
    """`since`: what the others remember. It is as though the one who knows had looked first, whoever comes after."""
    everything = dict.fromkeys((Key.WEB, Key.DATABASE, Key.WORKERS), State.UP)
    keep(everything, now=NOW)
    keep(everything, now=NOW + 65 * MINUTE, away_since=since and NOW + since * MINUTE)
    for minute in (65, 66):
        keep(everything, now=NOW + minute * MINUTE, away_since=NOW + MINUTE)
    assert spans(Key.DATABASE) == [("up", 0, 0), ("down", 1, 65), ("up", 65, 66)]
    assert spans(Key.WEB) == [("up", 0, 66)]
    assert spans(Key.WORKERS) == [("up", 0, 0), ("unknown", 0, 65), ("up", 65, 66)]


def test_who_remembers_a_part_amends_that_part() -> None:
    everything = dict.fromkeys((Key.WEB, Key.DATABASE), State.UP)
    keep(everything, now=NOW)
    keep(everything, now=NOW + 65 * MINUTE)
    keep(everything, now=NOW + 66 * MINUTE, away_since=NOW + 30 * MINUTE)
    assert spans(Key.DATABASE) == [("up", 0, 0), ("unknown", 0, 30), ("down", 30, 65), ("up", 65, 66)]
    assert spans(Key.WEB) == [("up", 0, 0), ("down", 0, 30), ("up", 30, 66)]


def test_an_outage_is_remembered_until_it_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process writes just then."""
    schedules.install()
    monkeypatch.setattr(holding, "LONGEST_WAIT", "50ms")
    with psycopg.connect(**connections["default"].get_connection_params()) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [holding.number_of("component spans")])
        assert look_from_the_web(now=NOW, away_since=NOW - MINUTE) == NOW - MINUTE
        assert look_from_the_web(now=NOW, away_since=None) is None
    assert look_from_the_web(now=NOW, away_since=NOW - MINUTE) is None


def test_what_somebody_saw_later_is_not_undone_by_who_looked_before() -> None:
    look(5, web=State.UP)
    look(4, web=State.DOWN)
    assert spans(Key.WEB) == [("up", 5, 5)]


def test_a_worker_sees_what_is_behind_the_web_and_neither_the_web_nor_whom_the_database_does_not_answer() -> None:
    schedules.install()
    Heartbeat.objects.create(name="here", beat_at=NOW)
    assert watch(now=NOW) == 0
    assert watch(now=NOW + 2 * MINUTE) == 0
    assert spans(Key.WORKERS) == [("up", 0, 0), ("down", 2, 2)]
    assert spans(Key.SCHEDULES) == [("up", 0, 2)]
    assert spans(Key.WEB) == spans(Key.DATABASE) == []


def test_an_outage_of_the_database_is_kept_whoever_looks_first_once_it_is_back() -> None:
    everything = dict.fromkeys(Key, State.UP)
    keep(everything, now=NOW)
    watch(now=NOW + 2 * MINUTE)
    keep(everything, now=NOW + 2 * MINUTE + timedelta(seconds=5), away_since=NOW + MINUTE)
    assert [each[0] for each in spans(Key.DATABASE)] == ["up", "down", "up"]


@pytest.mark.django_db(transaction=True)
def test_a_web_process_remembers_since_when_the_database_is_away() -> None:
    schedules.install()
    assert look_from_the_web(now=NOW, away_since=None) is None
    with connections["default"].cursor() as cursor:
        cursor.execute("ALTER TABLE texture_portal_componentspan RENAME TO of_no_such_name")
    try:
        first = look_from_the_web(now=NOW + MINUTE, away_since=None)
        assert first == NOW + MINUTE
        assert look_from_the_web(now=NOW + 2 * MINUTE, away_since=first) == first
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute("ALTER TABLE of_no_such_name RENAME TO texture_portal_componentspan")
    assert look_from_the_web(now=NOW + 3 * MINUTE, away_since=first) is None
    assert spans(Key.DATABASE) == [("up", 0, 0), ("down", 1, 3), ("up", 3, 3)]
    assert spans(Key.WEB) == [("up", 0, 3)]


def test_what_is_shown_no_more_goes() -> None:
    look(0, web=State.DOWN)
    look(1, web=State.UP)
    assert purge(now=NOW + timedelta(days=95)) == 0
    assert ComponentSpan.objects.count() == 2
    purge(now=NOW + timedelta(days=101))
    assert not ComponentSpan.objects.exists()


def test_the_database_keeps_a_span_from_ending_before_it_began() -> None:
    with pytest.raises(DatabaseError):
        ComponentSpan.objects.create(component="web", state="up", began_at=NOW, seen_at=NOW - MINUTE)
