"""What an instruction becomes for one device: commands that the registry takes, their times, and the way back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.checking import input_faults
from devices.kind import DeviceType
from devices.kinds import KINDS, command_of
from programs.dispatch.instructions import (
    Curtail,
    Discharge,
    PreCool,
    StopCharging,
    UnfitInstructionError,
    check,
    read,
    written,
)
from programs.dispatch.planning import APART_F, Against, Plan, Schedule, Subject, load_kw, plan

START = datetime(2026, 7, 15, 17, tzinfo=UTC)
END = START + timedelta(hours=3)
SCHEDULE = Schedule("event-1", START, END)
RATINGS = {"energyCapacityWh": 13_500, "maxChargePowerW": 5_000, "maxDischargePowerW": 5_000, "ratedPowerW": 8_000}
EVERYTHING = {
    DeviceType.BATTERY: Discharge(0.8),
    DeviceType.THERMOSTAT: PreCool(30, 3, 4),
    DeviceType.CHARGER: StopCharging(),
    DeviceType.VEHICLE: StopCharging(),
    DeviceType.INVERTER: Curtail(0.5),
}


def subject(kind, *, commands=None, ratings=RATINGS, state=None, key="device-1"):
    return Subject(key, kind, KINDS[kind].commands if commands is None else frozenset(commands), ratings, state)


def planned(kind, **known):
    return plan(EVERYTHING, subject(kind, **known), SCHEDULE)


def test_a_battery_discharges_at_a_share_of_its_rating_until_the_end_and_is_reset_then():
    made = planned(DeviceType.BATTERY, state={"chargePercentage": 100, "backupReserve": 0})
    (step,) = made.steps
    assert (step.command, step.input) == ("battery:set-power", {"power": 4_000, "durationSeconds": 10_800})
    assert (step.starts_at, step.ends_at) == (START, END)
    assert step.restore == {"command": "battery:set-operating-mode", "input": {"operatingMode": "reset"}}
    assert made.expected_kw == 4.0


def test_no_more_is_expected_of_a_battery_than_is_in_store_above_its_reserve():
    made = planned(DeviceType.BATTERY, state={"chargePercentage": 40, "backupReserve": 20})
    assert made.expected_kw == pytest.approx(0.2 * 13.5 / 3)


def test_a_battery_that_takes_modes_only_is_told_to_discharge():
    made = planned(DeviceType.BATTERY, commands=["battery:set-operating-mode"])
    assert made.steps[0].input["operatingMode"] == "discharge"
    assert made.steps[0].restore["input"] == {"operatingMode": "reset"}


def test_a_battery_that_takes_powers_only_is_brought_to_rest_at_the_end():
    made = planned(DeviceType.BATTERY, commands=["battery:set-power"])
    assert made.steps[0].restore["input"]["power"] == 0


def test_a_thermostat_cools_ahead_and_then_holds_a_warmer_target_until_the_end():
    made = planned(DeviceType.THERMOSTAT, state={"operatingMode": "cool", "coolTarget": 74})
    before, during = made.steps
    assert (before.input["coolTarget"], before.input["until"]) == (71, "2026-07-15T17:00:00Z")
    assert (during.input["coolTarget"], during.input["until"]) == (78, "2026-07-15T20:00:00Z")
    assert (before.starts_at, during.starts_at, during.ends_at) == (START - timedelta(minutes=30), START, END)
    assert during.restore["input"] == {"operatingMode": "cool", "coolTarget": 74}


def test_a_thermostat_in_auto_is_not_cooled_into_its_own_heating():
    made = planned(DeviceType.THERMOSTAT, state={"operatingMode": "auto", "coolTarget": 74, "heatTarget": 70})
    assert made.steps[0].input["coolTarget"] == 73


@pytest.mark.parametrize("kind", ["charger", "vehicle"])
def test_charging_stops_and_may_go_on_at_the_end(kind):
    made = planned(DeviceType(kind), state={"chargerWattage": 7_200, "chargeRate": -7_200})
    (step,) = made.steps
    assert step.input == {"operatingMode": "stop-charging"}
    assert step.restore["input"] == {"operatingMode": "start-charging"}
    assert made.expected_kw == 7.2


def test_an_inverter_is_curtailed_and_freed_at_the_end():
    made = planned(DeviceType.INVERTER, state={"power": 6_000})
    assert made.steps[0].input == {"curtailmentPercentage": 50}
    assert made.steps[0].restore["input"] == {"curtailmentPercentage": 0}
    assert made.expected_kw == 3.0


@pytest.mark.parametrize(
    ("kind", "known", "why"),
    [
        ("other", {}, Against.NOT_ASKED),
        ("battery", {"commands": []}, Against.NO_COMMAND),
        ("battery", {"ratings": {}}, Against.NO_RATING),
        ("thermostat", {}, Against.NO_STATE),
        ("thermostat", {"state": {"operatingMode": "heat", "heatTarget": 68}}, Against.NOT_COOLING),
        ("thermostat", {"state": {"operatingMode": "cool", "coolTarget": 74}, "commands": []}, Against.NO_COMMAND),
        ("charger", {"commands": []}, Against.NO_COMMAND),
        ("inverter", {"commands": []}, Against.NO_COMMAND),
    ],
)
def test_what_nothing_can_be_asked_of_is_left_out_with_the_reason(kind, known, why):
    assert planned(DeviceType(kind), **known) is why


def test_over_the_ramp_the_fleet_begins_at_an_even_rate():
    schedule = Schedule("event-1", START, END, ramp=timedelta(minutes=20))
    begins = sorted(schedule.start_of(f"device-{number}") for number in range(2_000))
    assert begins[0] >= START
    assert begins[-1] < START + timedelta(minutes=20)
    for quarter in range(1, 4):
        assert abs((begins[500 * quarter] - START).total_seconds() - 300 * quarter) < 60


def test_a_devices_turn_is_the_same_whenever_it_is_drawn_and_another_in_another_event():
    schedules = [Schedule(seed, START, END, randomise=timedelta(minutes=15)) for seed in ("a", "a", "b")]
    first, again, other = ([each.start_of(str(key)) for key in range(50)] for each in schedules)
    assert first == again != other
    assert len(set(first)) > 40


# Such as a command could set: what could not be given back, `tests/dispatch/test_preview.py` has left out.
states = st.fixed_dictionaries(
    {},
    optional={
        "chargePercentage": st.floats(0, 100), "backupReserve": st.floats(0, 100), "power": st.floats(0, 20_000),
        "chargeRate": st.floats(-20_000, 20_000), "chargerWattage": st.floats(0, 20_000),
        "operatingMode": st.sampled_from(["off", "heat", "cool", "auto", "eco"]),
        "coolTarget": st.integers(60, 80), "heatTarget": st.integers(50, 70),
    },
).filter(lambda state: state.get("coolTarget", 80) - state.get("heatTarget", 50) >= APART_F)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(list(EVERYTHING)),
    state=st.none() | states,
    minutes=st.integers(20, 24 * 60 - 45),
    ramp=st.integers(0, 10),
    chance=st.integers(0, 5),
    key=st.text(max_size=8),
)
def test_every_step_is_a_good_command_within_the_window_and_the_last_one_brings_the_device_back(
    kind, state, minutes, ramp, chance, key
):
    end = START + timedelta(minutes=minutes)
    schedule = Schedule("e", START, end, timedelta(minutes=chance), timedelta(minutes=ramp))
    asked = subject(kind, state=state, key=key)
    made = plan(EVERYTHING, asked, schedule)
    if not isinstance(made, Plan):
        assert made in Against
        return
    assert made.expected_kw >= 0
    assert made.steps[-1].ends_at == end
    assert made.steps[-1].restore is not None
    for step in made.steps:
        assert START - timedelta(minutes=30) <= step.starts_at < step.ends_at <= end
        assert step.command in asked.commands
        assert input_faults(command_of(step.command), step.input, ratings=RATINGS, now=step.starts_at) == []
    back = made.steps[-1].restore
    assert back["command"] in asked.commands
    assert input_faults(command_of(back["command"]), back["input"], ratings=RATINGS, now=end) == []


@pytest.mark.parametrize(
    "instructions",
    [
        {},
        {DeviceType.CHARGER: Discharge(0.5)},
        {DeviceType.OTHER: StopCharging()},
        {DeviceType.BATTERY: Discharge(0)},
        {DeviceType.BATTERY: Discharge(1.01)},
        {DeviceType.THERMOSTAT: PreCool(121, 3, 4)},
        {DeviceType.THERMOSTAT: PreCool(30, 3, 9)},
    ],
)
def test_an_instruction_that_does_not_fit_is_refused(instructions):
    with pytest.raises(UnfitInstructionError):
        check(instructions)


def test_instructions_are_read_as_they_were_written():
    check(EVERYTHING)
    assert read(written(EVERYTHING)) == EVERYTHING


def test_a_load_is_positive_from_the_grid():
    assert load_kw(DeviceType.BATTERY, {"chargeRate": 3_000}) == -3.0
    assert load_kw(DeviceType.CHARGER, {"chargerWattage": 7_200}) == 7.2
    assert load_kw(DeviceType.INVERTER, {"power": 5_000}) == -5.0
    assert load_kw(DeviceType.THERMOSTAT, {"coolTarget": 74}) is None
    assert load_kw(DeviceType.BATTERY, {}) is None
