"""What may leave, by properties: whatever is asked of whatever device, what is allowed keeps every limit."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from devices.checking import input_faults
from devices.kinds import KINDS, DeviceType, command_of
from devices.limits_of_safety import charge_percentage
from devices.safety import FRESH_FOR_CONTROL, Allowed, Asked, Caps, DeviceFacts, Refused, Window, weigh
from devices.values import Choice, Flag, Instant, Quantity

NOW = datetime(2026, 7, 1, 22, tzinfo=UTC)
EVENT, OTHER = UUID(int=1), UUID(int=2)
SLUGS = sorted(slug for kind in KINDS.values() for slug in kind.commands)
PROGRAMS = ("demand_response", "virtual_power_plant")


def a_value(value):
    match value:
        case Quantity(ranges=ranges):
            inside = [some.floats(each.least or 0, each.most or 60_000) for each in ranges]
            return some.one_of(
                *inside, *inside, *inside, some.integers(-60_000, 60_000) if len(ranges) < 2 else inside[0]
            )
        case Choice(values=values):
            return some.sampled_from([*values, *values, "nonsense"])
        case Flag():
            return some.booleans()
        case Instant():
            return some.sampled_from(["2026-07-01T23:00:00Z", "2026-07-03T00:00:00Z", "yesterday"])


@some.composite
def an_input(draw, slug):
    command = command_of(slug)
    made = {each.name: draw(a_value(each.value)) for each in command.parameters if draw(mostly(True, False))}
    return {**made, "typo": 1} if draw(mostly(False, True)) else made


def mostly(usual, *others):
    return some.sampled_from([*[usual] * 14, *others])


def number_or_none(least, most):
    return some.one_of(some.none(), some.floats(least, most, allow_nan=False))


@some.composite
def an_order(draw):
    slug = draw(some.sampled_from(SLUGS))
    begins = draw(some.sampled_from([None, NOW, NOW + timedelta(hours=1)]))
    ends = draw(some.sampled_from([None, NOW + timedelta(hours=2), NOW + timedelta(hours=5)]))
    caps = Caps(
        draw(some.sampled_from([None, 2, 9])), draw(some.integers(0, 3)),
        draw(number_or_none(40, 60)), draw(some.floats(0, 50)),
    )  # fmt: skip
    return Asked(
        slug, draw(an_input(slug)), draw(mostly(PROGRAMS[0], PROGRAMS[1], "")), draw(some.sampled_from([None, EVENT])),
        begins, ends, caps, draw(mostly(False, True)),
    )  # fmt: skip


@some.composite
def a_device(draw, slug):
    rated = {
        name: draw(some.floats(0, 50_000))
        for name in ("energyCapacityWh", "maxChargePowerW", "maxDischargePowerW", "ratedPowerW", "ratedCurrentA")
        if draw(mostly(True, False))
    }
    if draw(some.booleans()):
        rated |= {"minTemperatureF": draw(some.floats(40, 70)), "maxTemperatureF": draw(some.floats(60, 99))}
    state = {
        "chargePercentage": draw(number_or_none(0, 100)),
        "charge": draw(number_or_none(0, 50_000)),
        "backupReserve": draw(number_or_none(0, 100)),
        "isStormModeActive": draw(mostly(None, False, True)),
    }
    later = (Window(OTHER, NOW + timedelta(hours=3), NOW + timedelta(hours=4)),)
    return DeviceFacts(
        type=draw(mostly(slug.split(":")[0], "other")),
        controllable=draw(mostly(True, False)),
        telemetry=draw(mostly(True, False)),
        commands=frozenset(draw(mostly([slug], []))),
        ratings=rated,
        state=state,
        observed_at=draw(mostly(NOW, None, *[NOW + timedelta(minutes=each) for each in (-60, -11, -9, 1, 5)])),
        may_control=draw(mostly(True, False)),
        program_types=frozenset(draw(mostly(PROGRAMS, PROGRAMS[:1]))),
        cleared_until=draw(mostly(None, NOW, NOW + timedelta(hours=3))),
        events=draw(mostly((), later)),
    )


ORDERS = an_order().flatmap(lambda asked: some.tuples(some.just(asked), a_device(asked.command)))
quickly = settings(max_examples=200, deadline=None)


@quickly
@given(ORDERS)
def test_what_is_allowed_is_within_every_limit_of_device_and_registry(given_):
    asked, device = given_
    verdict = weigh(asked, device, now=NOW)
    if isinstance(verdict, Refused):
        assert verdict.rule
        assert verdict.detail
        return
    command = command_of(asked.command)
    assert input_faults(command, verdict.input, ratings=dict(device.ratings), now=NOW) == []
    assert device.controllable
    assert asked.command in device.commands
    assert asked.command in KINDS[DeviceType(device.type)].commands


@quickly
@given(ORDERS)
def test_what_is_clipped_is_told_beside_what_was_asked_and_nothing_else_changes(given_):
    asked, device = given_
    verdict = weigh(asked, device, now=NOW)
    if isinstance(verdict, Allowed):
        clipped = {each.parameter: each for each in verdict.clipped}
        assert {name: clipped[name].sent if name in clipped else value for name, value in asked.input.items()} == {
            name: value for name, value in verdict.input.items() if name in asked.input
        }
        assert set(verdict.input) - set(asked.input) <= set(clipped)
        assert all(each.asked == asked.input.get(name) and each.asked != each.sent for name, each in clipped.items())


@quickly
@given(ORDERS)
def test_nothing_leaves_without_clearance_consent_freshness_or_room_in_the_caps(given_):
    asked, device = given_
    if isinstance(weigh(asked, device, now=NOW), Refused) or asked.is_restore:
        return
    assert device.may_control
    assert asked.program_type in device.program_types
    assert device.cleared_until is None or (
        device.cleared_until > NOW and (asked.ends_at or NOW) <= device.cleared_until
    )
    if device.telemetry:
        assert timedelta(minutes=-1) <= NOW - device.observed_at <= FRESH_FOR_CONTROL
    assert asked.caps.events_a_day is None or asked.caps.events_today < asked.caps.events_a_day
    hours = ((asked.ends_at or asked.starts_at or NOW) - (asked.starts_at or NOW)) / timedelta(hours=1)
    assert asked.caps.hours_a_year is None or asked.caps.hours_this_year + hours <= asked.caps.hours_a_year
    for other in device.events:
        assert (asked.ends_at or datetime.max.replace(tzinfo=UTC)) <= other.starts_at


@quickly
@given(ORDERS)
def test_no_battery_is_drained_into_its_owners_reserve_or_moved_in_a_storm(given_):
    asked, device = given_
    verdict = weigh(asked, device, now=NOW)
    if isinstance(verdict, Refused) or asked.is_restore or device.type != "battery":
        return
    assert device.state["isStormModeActive"] is not True
    own, held = device.state["backupReserve"], charge_percentage(device.ratings, device.state)
    sent = verdict.input
    if own is None:
        return
    match asked.command:
        case "battery:set-reserve":
            assert sent["chargePercentage"] >= own
        case "battery:set-operating-mode" if sent["operatingMode"] == "discharge":
            assert sent["minimumBatteryReserve"] >= own
            assert held is None or held > own
        case "battery:set-power" if sent["power"] > 0 and held is not None:
            assert held > own
            if capacity := device.ratings.get("energyCapacityWh"):
                taken = sent["power"] * sent["durationSeconds"] / 3600
                assert taken <= capacity * (held - own) / 100 * (1 + 1e-9)


def test_a_restore_needs_no_leave_and_is_within_the_ratings_all_the_same():
    device = DeviceFacts("charger", True, True, frozenset(["charger:set-current-limit"]), {"ratedCurrentA": 32.0})
    asked = Asked("charger:set-current-limit", {"currentLimit": 48}, is_restore=True)
    verdict = weigh(asked, device, now=NOW)
    assert verdict.input == {"currentLimit": 32.0}
    assert [(each.asked, each.sent, each.rule) for each in verdict.clipped] == [(48, 32.0, "ratings")]


READY = {
    "type": "battery", "controllable": True, "telemetry": True, "commands": frozenset(["battery:set-power"]),
    "ratings": {"maxChargePowerW": 5000.0, "maxDischargePowerW": 4000.0, "energyCapacityWh": 10_000.0},
    "state": {"chargePercentage": 60.0, "backupReserve": 20.0}, "observed_at": NOW - timedelta(minutes=2),
    "may_control": True, "program_types": frozenset(["demand_response"]),
}  # fmt: skip
POWER = Asked("battery:set-power", {"power": 3000, "durationSeconds": 3600}, "demand_response", EVENT, NOW, NOW)


def test_what_fits_goes_out_as_it_was_asked():
    assert weigh(POWER, DeviceFacts(**READY), now=NOW) == Allowed({"power": 3000, "durationSeconds": 3600})


def test_power_is_clipped_to_the_ratings_and_time_to_the_energy_above_the_reserve():
    asked = Asked("battery:set-power", {"power": 9000, "durationSeconds": 7200}, "demand_response")
    verdict = weigh(asked, DeviceFacts(**READY), now=NOW)
    assert verdict.input == {"power": 4000.0, "durationSeconds": 3600}  # 40 % of 10 kWh at 4 kW
    assert {each.parameter: each.rule for each in verdict.clipped} == {"power": "ratings", "durationSeconds": "reserve"}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"commands": frozenset()}, "not_capable"),
        ({"controllable": False}, "not_capable"),
        ({"takes_orders": False}, "orders_stopped"),
        ({"may_control": False}, "not_cleared"),
        ({"cleared_until": NOW}, "not_cleared"),
        ({"program_types": frozenset(["capacity"])}, "program_not_consented"),
        ({"observed_at": None}, "state_unknown"),
        ({"observed_at": NOW - timedelta(minutes=11)}, "state_stale"),
        ({"observed_at": NOW + timedelta(hours=1)}, "state_stale"),
        ({"state": {"isStormModeActive": True}}, "storm_mode"),
        ({"events": (Window(OTHER, NOW - timedelta(hours=1), None),)}, "second_event"),
        ({"ratings": {}}, "rating_missing"),
        ({"state": {"chargePercentage": 20.0, "backupReserve": 20.0}}, "reserve"),
    ],
)
def test_each_rule_refuses_by_its_name(changes, rule):
    assert weigh(POWER, DeviceFacts(**READY | changes), now=NOW).rule == rule


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        (Asked("battery:set-power", {"power": 1}, "demand_response"), "input_invalid"),
        (Asked("battery:set-power", POWER.input), "program_missing"),
        (Asked("battery:set-power", POWER.input, "demand_response", caps=Caps(1, 1)), "events_a_day"),
        (
            Asked(
                "battery:set-power",
                POWER.input,
                "demand_response",
                None,
                NOW,
                NOW + timedelta(hours=2),
                Caps(None, 0, 10, 9),
            ),
            "hours_a_year",
        ),
        (Asked("battery:set-power", {"power": -1000, "durationSeconds": 60}, "demand_response"), "full"),
    ],
)
def test_each_rule_of_the_order_refuses_by_its_name(asked, rule):
    device = DeviceFacts(**READY | ({"state": {"chargePercentage": 100.0}} if rule == "full" else {}))
    assert weigh(asked, device, now=NOW).rule == rule
