"""Who would take part in an event, with how many kW, and who is left out and why; of whatever part of a program."""

import json
from datetime import timedelta

import pytest

from devices.kind import DeviceType
from devices.models import Command, Device, Portfolio, PortfolioDevice
from programs.dispatch import areas
from programs.dispatch.instructions import Discharge
from programs.dispatch.scheduling import Audience
from programs.models.dispatch import EventStatus
from tests.dispatch.conftest import a_program, again, drafted, fleet, outcomes, running, scheduled, targets, tell
from tests.factories import UtilityFactory
from texture_portal import clock

pytestmark = pytest.mark.django_db
SQUARE = {
    "type": "Polygon", "coordinates": [[[-122.6, 37.9], [-122.4, 37.9], [-122.4, 38.1], [-122.6, 38.1], [-122.6, 37.9]]]
}  # fmt: skip


def in_it(event):
    return {device for device, outcome in outcomes(event).items() if outcome == "planned"}


def test_a_preview_says_who_takes_part_and_what_is_expected_and_tells_nobody():
    program = a_program()
    for kind in ("battery", "thermostat", "charger", "inverter"):
        fleet(program, 2, kind=kind)
    event = drafted(program)
    assert event.status == EventStatus.DRAFT
    assert sorted(round(each.expected_kw, 2) for each in event.targets.all()) == [1, 1, 2, 2, 2.5, 2.5, 7.2, 7.2]
    assert {each.outcome for each in event.targets.all()} == {"planned"}
    assert not Command.objects.exists()


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ({"may_control": False}, "not_cleared"),
        ({"cleared_types": ["capacity"]}, "program_not_consented"),
        ({"tells": False}, "state_unknown"),
        ({"state": {"chargePercentage": 90, "isStormModeActive": True}}, "storm_mode"),
        ({"state": {"chargePercentage": 15, "backupReserve": 20}}, "reserve"),
        ({"ratings": {}}, "rating_missing"),
        ({"commands": []}, "command_missing"),
        ({"controllable": False, "may_control": False}, "command_missing"),
        ({"kind": "thermostat", "state": {"operatingMode": "heat", "heatTarget": 66}}, "not_cooling"),
        (
            {"kind": "thermostat", "state": {"operatingMode": "auto", "heatTarget": 72, "coolTarget": 74}},
            "restore_refused",
        ),
    ],
)
def test_who_is_left_out_is_told_why(made, why):
    program = a_program()
    (device,) = fleet(program, **made)
    (target,) = drafted(program).targets.all()
    assert (target.device_id, target.outcome, target.reason) == (device.pk, "left_out", why)
    assert target.detail
    assert target.settled_at is not None


def test_who_takes_no_orders_for_now_is_left_out():
    program = a_program()
    rests, takes = fleet(program, 2)
    portfolio = Portfolio.objects.create(name="At rest", kind="other", suspended_at=clock.now())
    PortfolioDevice.objects.create(portfolio=portfolio, device=rests, added_at=clock.now())
    event = drafted(program)
    assert outcomes(event) == {rests.pk: "left_out", takes.pk: "planned"}
    assert event.targets.get(device=rests).reason == "orders_stopped"


def test_a_state_that_is_old_by_now_would_be_too_old_then():
    program = a_program()
    devices = fleet(program, tells=False)
    now = clock.now()
    tell(devices, {"chargePercentage": 90}, now=now - timedelta(minutes=11))
    (target,) = drafted(program, after=timedelta(days=2)).targets.all()
    assert target.reason == "state_stale"


def test_a_state_that_is_fresh_now_is_taken_to_be_so_in_two_days():
    program = a_program()
    fleet(program)
    fleet(program, kind="thermostat")
    assert len(in_it(drafted(program, after=timedelta(days=2)))) == 2


def test_who_does_not_take_part_in_the_program_is_not_asked():
    program, other = a_program(), a_program()
    (device,) = fleet(program)
    fleet(other)
    (gone,) = fleet(program)
    gone.participations.update(left_at=clock.now(), left_reason="moved")
    assert set(outcomes(drafted(program))) == {device.pk}


def test_a_device_in_an_event_at_the_same_time_is_left_out_of_one_that_is_not_more_important():
    program, other = a_program(), a_program()
    (device,) = fleet(program)
    device.participations.create(program=other, joined_at=clock.now())
    scheduled(program, priority=5)
    (same,) = drafted(other, priority=5).targets.all()
    (less,) = drafted(other, priority=1).targets.all()
    assert (same.reason, less.reason) == ("second_event", "second_event")
    assert len(in_it(drafted(other, priority=6))) == 1
    later = drafted(other, after=timedelta(hours=3))
    assert len(in_it(later)) == 1


def test_the_programs_caps_hold_for_each_device_by_its_own_day_and_year():
    program = a_program(max_events_per_day=1, max_hours_per_year=5)
    now = clock.now().replace(month=6, day=10, hour=18, minute=0)  # 11 in the morning there
    (device,) = fleet(program, now=now)
    event = running(program, now=now)
    assert event.status == EventStatus.RUNNING
    tell([device], {"chargePercentage": 90}, now=now + timedelta(seconds=1))
    (same_day,) = drafted(program, after=timedelta(hours=4), now=now).targets.all()
    assert same_day.reason == "events_a_day"
    tomorrow = {"after": timedelta(hours=20), "now": now}
    assert len(in_it(drafted(program, **tomorrow))) == 1
    (too_long,) = drafted(program, lasts=timedelta(hours=4), **tomorrow).targets.all()
    assert too_long.reason == "hours_a_year"


def test_a_portfolio_a_utility_zips_or_a_list_narrow_the_program():
    program, other = a_program(), UtilityFactory()
    first, second = fleet(program, place={"postal_code": "94903-1234"}), fleet(program, place={"postal_code": "10001"})
    second[0].site.cca = other
    second[0].site.save()
    portfolio = Portfolio.objects.create(name="Summer", kind="other")
    PortfolioDevice.objects.create(portfolio=portfolio, device=second[0], added_at=clock.now())
    for audience, expected in (
        (Audience("portfolio", portfolio=portfolio), second),
        (Audience("utility", utility=other), second),
        (Audience("utility", utility=program.owner), first + second),
        (Audience("zips", zips=("94903", "94904")), first),
        (Audience("list", listed=(first[0].pk,)), first),
    ):
        assert set(outcomes(drafted(program, audience=audience))) == {each.pk for each in expected}, audience


def test_an_area_is_its_shape_and_not_its_bounding_box():
    program = a_program()
    (inside,) = fleet(program)
    fleet(program, place={"latitude": 38.09, "longitude": -122.41})  # in the box, outside of the triangle
    fleet(program, place={"latitude": 40.0})
    triangle = {"type": "Polygon", "coordinates": [[[-122.6, 37.9], [-122.4, 37.9], [-122.6, 38.2], [-122.6, 37.9]]]}
    area = areas.read(json.dumps({"type": "Feature", "properties": {}, "geometry": triangle}))
    assert set(outcomes(drafted(program, audience=Audience("area", area=area)))) == {inside.pk}


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", '"Polygon"', '{"type": "Point", "coordinates": [1, 2]}', '{"type": "Polygon"}',
        '{"type": "Polygon", "coordinates": [[[0, 0], [0, 0], [0, 0], [0, 0]]]}',
        '{"type": "Polygon", "coordinates": [[[500000, 4e6], [500100, 4e6], [500100, 4000100], [500000, 4e6]]]}',
        '{"type": "Polygon", "coordinates": [[["a", "b"], [1, 2], [3, 4], [0, 0]]]}',
        '{"type": "FeatureCollection", "features": []}', '{"type": "FeatureCollection", "features": [1]}',
        "[" * 100_000, '{"type": "Polygon", "coordinates": [[[0, NaN], [0, 1], [1, 1], [0, NaN]]]}',
    ],
)  # fmt: skip
def test_what_is_no_area_is_refused(text):
    with pytest.raises(areas.BadAreaError):
        areas.read(text)


def test_a_preview_is_drawn_in_chunks_each_of_which_a_crash_leaves_whole(monkeypatch):
    from programs.dispatch import previewing

    monkeypatch.setattr(previewing, "CHUNK", 3)
    program = a_program()
    devices = fleet(program, 7)
    event = drafted(program)
    assert set(outcomes(event)) == {each.pk for each in devices}
    assert event.previewed_at is not None


def test_a_preview_of_hundreds_costs_a_handful_of_statements(django_assert_max_num_queries):
    from programs.dispatch import previewing, scheduling
    from tests.dispatch.conftest import BY, wanted

    program = a_program()
    fleet(program, 300)
    now = clock.now()
    scheduling.draft(program, wanted(now=now), reason="x", now=now, by=BY)
    with django_assert_max_num_queries(14):
        assert previewing.look_at_some(now=now) == 1


def test_an_event_asks_only_the_types_that_it_names():
    program = a_program()
    fleet(program)
    fleet(program, kind="charger")
    event = drafted(program, instructions={DeviceType.BATTERY: Discharge(1.0)})
    assert {each.reason for each in event.targets.all()} == {"", "type_not_asked"}
    assert again(event).begins_at == event.starts_at.replace(microsecond=0)
    assert targets(event).keys() == set(Device.objects.values_list("pk", flat=True))
