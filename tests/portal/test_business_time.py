"""Business time between two instants: by hand over weekends, holidays and the days when clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from texture_portal.business_time import add_business_time, business_time_between, check_calendar, is_business_day

NEW_YORK = ZoneInfo("America/New_York")
MOMENTS = st.integers(0, 730 * 86_400).map(lambda after: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=after))


def at(month, day, hour=0):
    return datetime(2026, month, day, hour, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (at(5, 4, 9), at(5, 4, 12), 3),
        (at(5, 4, 9), at(5, 5, 9), 24),
        (at(5, 8, 18), at(5, 11, 6), 12),  # Friday evening to Monday morning
        (at(5, 9, 3), at(5, 10, 20), 0),  # a weekend
        (at(5, 22, 12), at(5, 26, 12), 24),  # over Memorial Day
        (at(11, 25), at(11, 27), 24),  # Thanksgiving
        (at(3, 6, 23), at(3, 9, 1), 2),  # clocks go forward on a Sunday, which counts for nothing
        (at(10, 30, 23), at(11, 2, 1), 2),  # and back
        (at(5, 4, 9), at(5, 4, 9), 0),
        (at(5, 4, 12), at(5, 4, 9), -3),
        (at(5, 11, 6), at(5, 8, 18), -12),
    ],
)
def test_only_business_days_count(start, end, hours):
    assert business_time_between(start, end, zone=NEW_YORK) == timedelta(hours=hours)


def test_a_day_on_which_clocks_change_has_the_hours_that_it_has():
    cairo = ZoneInfo("Africa/Cairo")  # changes on a Friday and on a Thursday night
    start = datetime(2026, 4, 24, tzinfo=cairo)
    assert business_time_between(start, datetime(2026, 4, 25, tzinfo=cairo), zone=cairo) == timedelta(hours=23)


@given(start=MOMENTS, seconds=st.integers(1, 400 * 3600))
def test_adding_and_measuring_are_each_others_inverse(start, seconds):
    length = timedelta(seconds=seconds)
    measured = business_time_between(start, add_business_time(start, length=length))
    assert abs(measured - length) < timedelta(milliseconds=1)


@given(first=MOMENTS, second=MOMENTS, third=MOMENTS)
def test_parts_add_up(first, second, third):
    whole = business_time_between(first, third)
    parts = business_time_between(first, second) + business_time_between(second, third)
    assert abs(whole - parts) < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("calendar", "veterans_day", "good_friday", "chavez_day"),
    [("US", False, True, True), ("US-CA", False, True, False), ("NYSE", True, False, True)],
)
def test_whose_holidays_count_is_a_setting(calendar, veterans_day, good_friday, chavez_day, settings):
    settings.BUSINESS_CALENDAR = calendar
    days = date(2026, 11, 11), date(2026, 4, 3), date(2026, 3, 31)
    assert tuple(map(is_business_day, days)) == (veterans_day, good_friday, chavez_day)


@pytest.mark.parametrize("calendar", ["Utopia", "US-XX", ""])
def test_a_calendar_that_is_none_stops_the_start(calendar):
    with pytest.raises(ImproperlyConfigured, match="Remedy"):
        check_calendar(calendar)
