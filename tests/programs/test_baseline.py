"""The 10-in-10 baseline on profiles whose answers are known beforehand, and on days when the clock is set (issue 7)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from programs.baseline import DAYS, Response, Unknown, Window, days_like, expected_load, measure, slots, times_wanted

CALIFORNIA = ZoneInfo("America/Los_Angeles")
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
WEDNESDAY = date(2026, 7, 15)


def is_working_day(day):
    return day.weekday() < 5 and day != date(2026, 7, 3)  # the 4th of July is a Saturday


def at(day, hour, minute=0, *, zone=CALIFORNIA, fold=0):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone, fold=fold).astimezone(UTC)


def window(day=WEDNESDAY, begin=17, end=20, zone=CALIFORNIA):
    return Window(at(day, begin, zone=zone), at(day, end, zone=zone), zone)


def told(profile, *, until, days=46, zone=CALIFORNIA):
    """Every quarter of an hour of that many days: `profile(local)` in kW, None for nothing."""
    instant, found = until.replace(minute=until.minute // 15 * 15) - timedelta(days=days), {}
    while instant < until:
        load = profile(instant.astimezone(zone))
        if load is not None:
            found[instant] = load
        instant += QUARTER
    return found


def measured(profile, *, of=None, events=()):
    of = of or window()
    return measure(told(profile, until=of.ends_at, zone=of.zone), of, events=events, is_working_day=is_working_day)


def test_a_steady_load_that_drops_in_the_event_gives_the_drop():
    response = measured(lambda local: 0.5 if local.date() == WEDNESDAY and local.hour >= 17 else 3.0)
    assert (response.baseline_kwh, response.load_kwh) == (9.0, 1.5)
    assert (response.less_kw, response.share, len(response.days)) == (2.5, 1.0, DAYS)


def test_each_quarter_is_held_against_the_same_quarter_of_other_days():
    response = measured(lambda local: local.hour + local.minute / 60)
    assert response.baseline_kwh == response.load_kwh == pytest.approx((17 + 18 + 19) + 3 * (0.25 + 0.5 + 0.75) / 4)
    assert response.less_kw == 0


def test_the_ten_latest_days_of_the_kind_count_and_no_earlier_one():
    ten = list(days_like(WEDNESDAY, events=(), is_working_day=is_working_day))[:DAYS]
    assert ten[0] == date(2026, 7, 14)
    assert ten[-1] == date(2026, 6, 30)  # the Friday before the Fourth was no working day
    first = ten[-1]
    response = measured(lambda local: 100.0 if local.date() < first else 2.0)
    assert response.days == tuple(ten)
    assert response.baseline_kwh == 6.0


def test_a_weekend_is_held_against_weekends_and_holidays():
    sunday = date(2026, 7, 12)
    response = measured(lambda local: 2.0 if is_working_day(local.date()) else 7.0, of=window(sunday))
    assert response.baseline_kwh == 21.0
    assert date(2026, 7, 3) in response.days
    assert not any(is_working_day(each) for each in response.days)


def test_days_with_an_event_of_their_own_are_passed_over():
    earlier = {date(2026, 7, 14), date(2026, 7, 13)}
    response = measured(lambda local: 0.0 if local.date() in earlier else 2.0, events=earlier)
    assert response.baseline_kwh == 6.0
    assert not earlier & set(response.days)
    assert len(response.days) == DAYS


def test_days_on_which_the_device_told_too_little_are_passed_over():
    silent = date(2026, 7, 14)
    response = measured(lambda local: None if local.date() == silent else 1.0)
    assert silent not in response.days
    assert len(response.days) == DAYS


def test_under_five_days_there_is_no_baseline():
    begins = date(2026, 7, 9)  # four working days before
    assert measured(lambda local: 1.0 if local.date() >= begins else None) is Unknown.NO_BASELINE


def test_an_event_of_which_too_little_was_told_is_not_measured():
    assert measured(lambda local: None if local.date() == WEDNESDAY and local.hour >= 18 else 1.0) is (
        Unknown.NO_READINGS
    )


def test_a_quarter_that_is_missing_in_the_event_is_in_neither_sum():
    hole = at(WEDNESDAY, 18)
    response = measured(lambda local: None if local.astimezone(UTC) == hole else 2.0)
    assert (response.baseline_kwh, response.load_kwh, response.less_kw) == (5.5, 5.5, 0)
    assert response.share == pytest.approx(11 / 12)


def test_a_window_counts_only_what_is_in_it_of_its_first_and_last_quarter():
    of = Window(at(WEDNESDAY, 17, 5), at(WEDNESDAY, 17, 50), CALIFORNIA)
    assert [round(each.hours * 60) for each in slots(of)] == [10, 15, 15, 5]
    assert measured(lambda local: 4.0, of=of).baseline_kwh == pytest.approx(3.0)


def test_a_window_over_midnight_goes_by_the_day_on_which_it_begins():
    of = Window(at(WEDNESDAY, 23), at(WEDNESDAY + timedelta(days=1), 1), CALIFORNIA)
    response = measured(lambda local: float(local.hour), of=of)
    assert response.baseline_kwh == response.load_kwh == 23.0
    assert response.days[0] == WEDNESDAY - timedelta(days=1)


def test_local_days_are_the_sites_wherever_that_is():
    hawaii = ZoneInfo("Pacific/Honolulu")
    response = measured(lambda local: float(local.hour), of=window(zone=hawaii, begin=17, end=18))
    assert response.baseline_kwh == 17.0


# The clock was set forward on 2026-03-08 at 2, and back on 2026-11-01 at 2; both are Sundays.
FORWARD, BACK = date(2026, 3, 8), date(2026, 11, 1)


def test_on_days_before_the_clock_is_set_the_same_local_hour_counts():
    monday = FORWARD + timedelta(days=1)
    response = measured(lambda local: float(local.hour), of=window(monday))
    assert response.baseline_kwh == response.load_kwh == 17 + 18 + 19
    assert any(each < FORWARD for each in response.days)


def test_an_event_on_the_night_when_the_clock_is_set_forward_has_an_hour_less():
    of = Window(at(FORWARD, 1), at(FORWARD, 4), CALIFORNIA)
    assert of.ends_at - of.starts_at == timedelta(hours=2)
    response = measured(lambda local: float(local.hour), of=of)
    assert response.baseline_kwh == response.load_kwh == 1 + 3  # there is no 2
    assert response.hours == 2


def test_an_event_on_the_night_when_the_clock_is_set_back_has_an_hour_more():
    of = Window(at(BACK, 0), at(BACK, 3), CALIFORNIA)
    assert of.ends_at - of.starts_at == timedelta(hours=4)
    response = measured(lambda local: float(local.hour), of=of)
    assert response.baseline_kwh == response.load_kwh == 0 + 1 + 1 + 2


def test_a_like_day_that_has_no_such_hour_is_left_out_for_that_hour_alone():
    sunday = FORWARD + timedelta(days=7)
    of = Window(at(sunday, 2), at(sunday, 4), CALIFORNIA)
    response = measured(lambda local: 8.0 if local.date() == FORWARD else 2.0, of=of)
    assert FORWARD in response.days
    at_two = [each.baseline_kw for each in response.quarters if each.slot.at.hour == 2]
    at_three = [each.baseline_kw for each in response.quarters if each.slot.at.hour == 3]
    assert at_two == [2.0] * 4
    assert at_three == [pytest.approx((8.0 + 9 * 2.0) / 10)] * 4


def test_a_like_day_that_has_the_hour_twice_gives_their_mean():
    sunday = BACK + timedelta(days=7)
    of = Window(at(sunday, 1), at(sunday, 2), CALIFORNIA)

    def profile(local):
        if local.date() == BACK and local.hour == 1:
            return 10.0 if local.fold else 20.0
        return 5.0

    assert measured(profile, of=of).baseline_kwh == pytest.approx((15.0 + 9 * 5.0) / 10)


def test_what_is_asked_of_the_database_holds_all_that_the_measure_needs():
    for day in (WEDNESDAY, FORWARD, FORWARD + timedelta(days=1), BACK, BACK + timedelta(days=1)):
        of = window(day)
        days = list(days_like(of.day, events=(), is_working_day=is_working_day))
        loads = told(lambda local: local.hour + local.minute / 7, until=of.ends_at, zone=of.zone)
        wanted = times_wanted(of, days)
        fewer = {each: load for each, load in loads.items() if any(begin <= each < end for begin, end in wanted)}
        told_all, told_fewer = (measure(each, of, events=(), is_working_day=is_working_day) for each in (loads, fewer))
        assert told_all == told_fewer
        assert len(fewer) < len(loads) / 2


profiles = st.lists(st.floats(-10, 10), min_size=24, max_size=24)
days = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@settings(max_examples=25, deadline=None)
@given(day=days, hours=profiles, drop=st.floats(-5, 5), begin=st.integers(0, 22))
def test_what_an_event_takes_off_a_profile_is_what_is_measured_on_every_day_of_the_year(day, hours, drop, begin):
    start = at(day, begin)
    of = Window(start, start + 2 * HOUR, CALIFORNIA)
    # A profile by the hour on the clock, and the event takes `drop` off in its window
    response = measured(
        lambda local: hours[local.hour] - (drop if of.starts_at <= local.astimezone(UTC) < of.ends_at else 0), of=of
    )
    assert isinstance(response, Response)
    assert response.less_kw == pytest.approx(drop, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(day=days, hours=profiles, events=st.sets(days, max_size=8))
def test_neither_the_day_itself_nor_days_with_events_nor_days_to_come_tell_in_a_baseline(day, hours, events):
    of = window(day)
    quiet = told(lambda local: hours[local.hour], until=of.ends_at)
    loud = {
        each: load + (1000 if each.astimezone(CALIFORNIA).date() in {day, *events} else 0)
        for each, load in quiet.items()
    }
    means = [expected_load(each, of, events=events, is_working_day=is_working_day) for each in (quiet, loud)]
    assert means[0] == pytest.approx(means[1])
    assert means[0] == pytest.approx(sum(hours[17:20]) / 3)
