"""Ninety days out of the spans in which a component was seen: of each day the worst, and what was planned apart."""

from datetime import UTC, date, datetime, timedelta

import pytest

from texture_portal.status.history import DAYS, DOWN, MAINTENANCE, NONE, UNKNOWN, UP, Piece, days, pieces, up_share

TODAY = date(2026, 5, 20)


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=UTC)


def drawn(found: list[Piece]) -> dict[int, tuple[str, int]]:
    """By the day of May: its state, and for how many minutes it was down."""
    told = days(found, today=TODAY, zone=UTC)
    assert len(told) == DAYS
    assert told[-1].on == TODAY
    return {day.on.day: (day.state, day.down_seconds // 60) for day in told if day.on.month == 5}


def test_a_day_without_a_record_is_no_day_on_which_all_was_well() -> None:
    assert set(drawn(pieces([(UP, at(18), at(20, 12))], [])).items()) >= {
        (17, (NONE, 0)), (18, (UP, 0)), (19, (UP, 0)), (20, (UP, 0)),
    }  # fmt: skip


def test_of_a_day_the_worst_is_told_and_for_how_long() -> None:
    """An outage lasts until the component is seen otherwise, not until it was last seen down."""
    seen = [
        (UP, at(17), at(18, 9)),
        (DOWN, at(18, 9), at(18, 9, 4)),
        (UP, at(18, 9, 5), at(18, 23)),
        (UNKNOWN, at(18, 23), at(19, 1)),
        (UP, at(19, 1), at(20, 12)),
    ]
    told = drawn(pieces(seen, []))
    assert (told[17], told[18], told[19], told[20]) == ((UP, 0), (DOWN, 5), (UNKNOWN, 0), (UP, 0))


def test_an_outage_over_midnight_is_of_both_days() -> None:
    told = drawn(pieces([(DOWN, at(18, 23, 30), at(19, 0, 45)), (UP, at(19, 0, 45), at(20))], []))
    assert (told[18], told[19]) == ((DOWN, 30), (DOWN, 45))


@pytest.mark.parametrize(
    ("planned", "state", "minutes"),
    [
        ([(at(18, 8), at(18, 12))], MAINTENANCE, 0),
        ([(at(18, 8), at(18, 9, 30))], DOWN, 30),
        ([(at(18, 9, 15), at(18, 9, 30)), (at(18, 9, 20), at(18, 9, 45))], DOWN, 30),
        ([(at(17), at(17, 1))], DOWN, 60),
    ],
)
def test_what_was_planned_is_no_outage(planned: list[tuple[datetime, datetime]], state: str, minutes: int) -> None:
    seen = [(UP, at(17), at(18, 9)), (DOWN, at(18, 9), at(18, 10)), (UP, at(18, 10), at(20))]
    assert drawn(pieces(seen, planned))[18] == (state, minutes)


def test_maintenance_during_which_all_is_up_is_nothing_to_tell() -> None:
    assert drawn(pieces([(UP, at(17), at(20))], [(at(18, 9), at(18, 10))]))[18] == (UP, 0)


def test_the_share_is_of_the_time_that_was_looked_at_and_not_planned() -> None:
    day = timedelta(days=1)
    found = [Piece(UP, at(1), at(1) + 3 * day), Piece(DOWN, at(4), at(4) + day), Piece(UNKNOWN, at(5), at(15))]
    assert up_share([*found, Piece(MAINTENANCE, at(15), at(16))]) == 0.75
    assert up_share([Piece(UNKNOWN, at(5), at(15))]) is None
