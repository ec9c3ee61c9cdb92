"""Physics that add up, of homes and orders drawn at random; pure, without a server."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partners.sandbox.fleet import Fleet
from partners.sandbox.homes import homes
from partners.sandbox.physics.day import PIECE, rest
from partners.sandbox.physics.life import Life
from partners.sandbox.physics.sky import sun_height
from partners.sandbox.places import DAY, HOUR, PLACES

SOME_DAY = 20_000
modestly = settings(max_examples=25, deadline=None)

ORDERS = st.sampled_from([
    {"battery_mode": "charge"},
    {"battery_mode": "discharge", "floor_percent": 40.0},
    {"battery_mode": "idle"},
    {"battery_mode": "self_consumption", "floor_percent": 0.0},
    {"reserve_percent": 80.0},
    {"forced_kw": -3.0},
    {"export_limit_kw": 0.0},
    {"curtailment_percent": 60.0},
    {"charging_allowed": False},
    {"amps_limit": 8.0},
    {"charge_limit_percent": 100.0},
    {"hvac_mode": "off"},
    {"heat_c": 18.0, "cool_c": 22.0},
    {"hold_heat_c": 22.0, "hold_cool_c": 24.0},
])  # fmt: skip
TIMES = st.floats(0, 2 * DAY, allow_nan=False)
EVENTS = st.lists(st.tuples(TIMES, ORDERS, st.floats(60, 8 * HOUR)), max_size=6)


@cache
def some_homes():
    return list(homes(seed=3, devices=60))


def lived(number, events):
    life = Life(some_homes()[number])
    starts = life.home.place.midnight(SOME_DAY)
    for after, changes, lasting in events:
        until = {f"{name.split('_')[0]}_until": starts + after + lasting for name in changes if name[:4] in FOR_A_WHILE}
        life.order(starts + after, {**changes, **until})
    return life


FOR_A_WHILE = ("forc", "hold")
HOMES = st.integers(0, 15)


@modestly
@given(HOMES, EVENTS)
def test_what_comes_in_goes_somewhere(number, events):
    life = lived(number, events)
    for day in (SOME_DAY, SOME_DAY + 1):
        kw = life.day(day).kw
        np.testing.assert_allclose(
            kw["solar"] + kw["grid"], kw["load"] + kw["hvac"] + kw["charger"] + kw["battery"], atol=1e-9
        )


@modestly
@given(HOMES, EVENTS)
def test_a_battery_holds_what_was_put_in(number, events):
    life = lived(number, events)
    for day in (SOME_DAY, SOME_DAY + 1, SOME_DAY + 2):
        lived_day = life.day(day)
        hours = np.diff(lived_day.knots) / HOUR
        np.testing.assert_allclose(np.diff(lived_day.levels["energy_kwh"]), lived_day.kw["battery"] * hours, atol=1e-9)


@modestly
@given(HOMES, EVENTS)
def test_nothing_leaves_its_limits(number, events):
    life = lived(number, events)
    battery = life.home.battery
    for day in (SOME_DAY, SOME_DAY + 1):
        lived_day = life.day(day)
        assert (lived_day.kw["solar"] >= 0).all()
        assert (lived_day.kw["charger"] >= 0).all()
        if battery:
            assert (abs(lived_day.kw["battery"]) <= battery.max_kw + 1e-9).all()
            assert (lived_day.levels["energy_kwh"] <= battery.capacity_kwh + 1e-9).all()
            assert (lived_day.levels["energy_kwh"] >= -1e-9).all()


@modestly
@given(HOMES, EVENTS)
def test_days_follow_each_other_without_a_jump(number, events):
    life = lived(number, events)
    for day in range(SOME_DAY - 1, SOME_DAY + 4):
        assert life.begins_with(day + 1) == pytest.approx(life.day(day).ends_with, abs=1e-9)


@modestly
@given(HOMES, EVENTS, TIMES, ORDERS)
def test_an_order_never_changes_the_past(number, events, moment, changes):
    life = lived(number, events)
    starts = life.home.place.midnight(SOME_DAY)
    before = [starts + moment - back for back in (1, 100, 4000, 30_000)]
    told = [life.at(each) for each in before]
    life.order(starts + moment, changes)
    for then, now in zip(told, map(life.at, before), strict=True):
        assert now.setpoints == then.setpoints
        assert now.levels == pytest.approx(then.levels, abs=1e-9)
        assert now.kw == pytest.approx(then.kw, abs=1e-9)


@modestly
@given(HOMES, EVENTS, st.integers(1, 95))
def test_history_and_state_agree(number, events, quarter):
    """Over any quarter of an hour, the mean power in history is what the two states at its ends tell."""
    life = lived(number, events)
    begins = life.home.place.midnight(SOME_DAY) + (quarter - 1) * 900
    told = life.over(begins, begins + 900)
    before, after = life.at(begins), life.at(begins + 900)
    assert told.levels == pytest.approx(after.levels)
    gained = after.levels["energy_kwh"] - before.levels["energy_kwh"]
    assert told.kw["battery"] * 0.25 == pytest.approx(gained, abs=1e-9)


@modestly
@given(st.integers(0, len(PLACES) - 1), st.integers(19_000, 21_000))
def test_panels_follow_the_sun(number, day):
    home = next(each for each in some_homes() if each.solar_kw)
    place = PLACES[number]
    life = Life(home)
    solar = life.day(day).kw["solar"]
    middles = life.day(day).knots[:-1] + PIECE / 2
    is_up = sun_height(home.place, middles) > 0
    assert (solar[~is_up] == 0).all()
    assert (solar[is_up] > 0).all()
    seconds = np.arange(0, DAY, 300)
    noon = seconds[np.argmax(sun_height(place, place.midnight(day) + seconds))]
    assert 11 * HOUR <= noon <= 13 * HOUR


def test_midsummer_gives_more_than_midwinter():
    life = Life(next(each for each in some_homes() if each.solar_kw))
    june, december = 19_894, 20_077
    assert life.day(june).kw["solar"].sum() > 1.3 * life.day(december).kw["solar"].sum()


def test_a_house_left_to_itself_drifts_to_the_weather():
    home = next(
        each for each in some_homes() if each.thermostat and each.place.city in ("Minneapolis", "Burlington", "Albany")
    )
    life = Life(home)
    january = 19_737
    life.order(home.place.midnight(january), {"hvac_mode": "off"})
    indoor = life.day(january).levels["indoor_c"]
    assert (np.diff(indoor) < 0).all()
    assert indoor[0] - indoor[-1] > 5
    assert (life.day(january).kw["hvac"] == 0).all()


def test_a_hold_is_kept_and_then_let_go():
    home = next(each for each in some_homes() if each.thermostat)
    life = Life(home)
    starts = home.place.midnight(SOME_DAY) + 10 * HOUR
    life.order(starts, {"hold_heat_c": 26.0, "hold_cool_c": 28.0, "hold_until": starts + 4 * HOUR})
    assert life.at(starts + 3.9 * HOUR).levels["indoor_c"] == pytest.approx(26.0)
    assert life.at(starts + 4 * HOUR).setpoints.hold_until is None


def test_the_same_seed_is_the_same_world():
    first, second = (Fleet(seed=9, devices=40) for _ in range(2))
    assert list(first.units) == list(second.units)
    assert [site.life.at(1.7e9) for site in first.sites.values()] == [
        site.life.at(1.7e9) for site in second.sites.values()
    ]
    assert list(Fleet(seed=10, devices=40).units) != list(first.units)


@pytest.mark.parametrize("devices", [1, 5, 6, 137])
def test_there_are_exactly_as_many_devices_as_asked(devices):
    fleet = Fleet(seed=1, devices=devices)
    assert len(fleet.units) == devices
    assert len({unit.serial for unit in fleet.units_by_serial()}) == devices


def test_every_home_left_alone_is_at_rest_at_every_midnight():
    for home in some_homes():
        assert Life(home).day(SOME_DAY).ends_with == pytest.approx(rest(home), abs=1e-9)
