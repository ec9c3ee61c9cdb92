"""States and commands' inputs: what is right passes, and everything wrong is pointed at."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.checking import input_faults, state_faults
from devices.kinds import KINDS, DeviceType, command_of
from devices.values import Choice, Flag, Instant, Quantity, StateOf

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
RATINGS = {
    "energyCapacityWh": 13_500, "maxChargePowerW": 5000, "maxDischargePowerW": 4000, "ratedPowerW": 7600,
    "ratedCurrentA": 48, "minTemperatureF": 50, "maxTemperatureF": 90,
}  # fmt: skip


def told(faults):
    return [(fault.pointer, fault.code) for fault in faults]


def check(slug, given, *, ratings=RATINGS):
    return told(input_faults(command_of(slug), given, ratings=ratings, now=NOW))


@pytest.mark.parametrize(
    ("device_type", "state"),
    [
        ("battery", {}),
        ("battery", {"chargePercentage": 71.5, "chargeRate": -1200, "isStormModeActive": None}),
        ("inverter", {"power": 0, "batteryState": {"chargePercentage": 100}}),
        ("inverter", {"batteryState": None}),
        ("charger", {"chargingState": "unknown", "isPluggedIn": True, "chargerVoltage": 240}),
        ("thermostat", {"operatingMode": "eco", "ambientTemperature": 71.25, "fanMode": "circulate"}),
        ("vehicle", {"chargeLimit": 80}),
        ("other", {}),
    ],
)
def test_a_state_by_the_vocabulary_is_right(device_type, state):
    assert state_faults(device_type, state) == []


@pytest.mark.parametrize(
    ("device_type", "state", "faults"),
    [
        ("battery", {"chargePercentage": 100.1}, [("/chargePercentage", "out_of_range")]),
        ("battery", {"charge": -1}, [("/charge", "out_of_range")]),
        ("battery", {"charge": "12"}, [("/charge", "invalid")]),
        ("battery", {"charge": True}, [("/charge", "invalid")]),
        ("battery", {"charge": float("nan")}, [("/charge", "invalid")]),
        ("battery", {"chargingState": "CHARGING"}, [("/chargingState", "invalid")]),
        ("battery", {"isStormModeActive": 1}, [("/isStormModeActive", "invalid")]),
        ("battery", {"soc": 5, "a/b~": 1}, [("/soc", "unknown_field"), ("/a~1b~0", "unknown_field")]),
        ("inverter", {"power": -1}, [("/power", "out_of_range")]),
        ("inverter", {"batteryState": {"soc": 1}}, [("/batteryState/soc", "unknown_field")]),
        ("inverter", {"batteryState": 7}, [("/batteryState", "invalid")]),
        ("charger", {"chargeRate": 1}, [("/chargeRate", "unknown_field")]),
        ("other", {"power": 1}, [("/power", "unknown_field")]),
        ("battery", [], [("", "invalid")]),
    ],
)
def test_what_is_wrong_with_a_state_is_pointed_at(device_type, state, faults):
    assert told(state_faults(device_type, state)) == faults


def value_of(value):
    if isinstance(value, Quantity):
        ranges = [st.floats(each.least, each.most, allow_nan=False, allow_infinity=False) for each in value.ranges]
        return st.one_of(ranges) if ranges else st.floats(allow_nan=False, allow_infinity=False)
    if isinstance(value, Choice):
        return st.sampled_from(value.values)
    if isinstance(value, StateOf):
        return state_of(value.type)
    return {Flag: st.booleans()}[type(value)]


def state_of(device_type):
    fields = KINDS[DeviceType(device_type)].fields
    return st.fixed_dictionaries({}, optional={each.name: st.none() | value_of(each.value) for each in fields})


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_the_registry_allows_is_taken(data):
    device_type = data.draw(st.sampled_from(list(DeviceType)))
    assert state_faults(device_type, data.draw(state_of(device_type))) == []


@pytest.mark.parametrize(
    ("slug", "given"),
    [
        ("battery:set-reserve", {"chargePercentage": 0}),
        ("battery:set-operating-mode", {"operatingMode": "reset"}),
        (
            "battery:set-operating-mode",
            {
                "operatingMode": "discharge", "minimumBatteryReserve": 20, "maximumBatteryReserve": 100,
                "enableGridInteraction": True, "executionPriority": "grid_services",
            },
        ),
        ("battery:set-power", {"power": -5000, "durationSeconds": 900}),
        ("battery:set-power", {"power": 4000, "durationSeconds": 86_400}),
        ("inverter:limit-export", {"exportLimit": 7600}),
        ("inverter:curtail", {"curtailmentPercentage": 100}),
        ("inverter:set-power-factor", {"powerFactor": -0.8}),
        ("inverter:set-power-factor", {"powerFactor": 1}),
        ("charger:set-operating-mode", {"operatingMode": "stop-charging"}),
        ("charger:set-current-limit", {"currentLimit": 48}),
        ("thermostat:set-operating-mode", {"operatingMode": "auto", "heatTarget": 66, "coolTarget": 69}),
        ("thermostat:set-operating-mode", {"operatingMode": "off"}),
        ("thermostat:set-fan-mode", {"fanMode": "circulate"}),
        ("thermostat:set-schedule-override", {"heatTarget": 60, "until": "2026-05-02T12:00:00Z"}),
        ("vehicle:set-operating-mode", {"operatingMode": "start-charging"}),
        ("vehicle:set-charge-limit", {"chargeLimit": 50}),
    ],
)  # fmt: skip
def test_a_command_within_its_limits_is_right(slug, given):
    assert check(slug, given) == []


@pytest.mark.parametrize(
    ("slug", "given", "faults"),
    [
        ("battery:set-reserve", {}, [("/chargePercentage", "required")]),
        ("battery:set-reserve", {"chargePercentage": None}, [("/chargePercentage", "required")]),
        ("battery:set-reserve", {"chargePercentage": 101}, [("/chargePercentage", "out_of_range")]),
        ("battery:set-reserve", {"chargePercentage": 5, "x": 1}, [("/x", "unknown_field")]),
        ("battery:set-reserve", "charge", [("", "invalid")]),
        (
            "battery:set-operating-mode",
            {"operatingMode": "idle", "minimumBatteryReserve": 60, "maximumBatteryReserve": 50},
            [("/maximumBatteryReserve", "out_of_range")],
        ),
        ("battery:set-operating-mode", {"operatingMode": "unknown"}, [("/operatingMode", "invalid")]),
        ("battery:set-power", {"power": 4001, "durationSeconds": 60}, [("/power", "out_of_range")]),
        ("battery:set-power", {"power": -5001, "durationSeconds": 60}, [("/power", "out_of_range")]),
        ("battery:set-power", {"power": 1, "durationSeconds": 86_401}, [("/durationSeconds", "out_of_range")]),
        ("inverter:limit-export", {"exportLimit": 7601}, [("/exportLimit", "out_of_range")]),
        ("inverter:limit-export", {"exportLimit": -1}, [("/exportLimit", "out_of_range")]),
        ("inverter:set-power-factor", {"powerFactor": 0.79}, [("/powerFactor", "out_of_range")]),
        ("inverter:set-power-factor", {"powerFactor": -1.01}, [("/powerFactor", "out_of_range")]),
        ("charger:set-current-limit", {"currentLimit": 48.5}, [("/currentLimit", "out_of_range")]),
        ("thermostat:set-operating-mode", {"operatingMode": "heat", "coolTarget": 75}, [("/coolTarget", "invalid")]),
        ("thermostat:set-operating-mode", {"operatingMode": "cool", "heatTarget": 65}, [("/heatTarget", "invalid")]),
        (
            "thermostat:set-operating-mode",
            {"operatingMode": "heat", "heatTarget": 49},
            [("/heatTarget", "out_of_range")],
        ),
        (
            "thermostat:set-operating-mode",
            {"operatingMode": "heat", "heatTarget": 96},
            [("/heatTarget", "out_of_range")],
        ),
        (
            "thermostat:set-operating-mode",
            {"operatingMode": "auto", "heatTarget": 68, "coolTarget": 70.9},
            [("/coolTarget", "out_of_range")],
        ),
        ("thermostat:set-fan-mode", {"fanMode": "unknown"}, [("/fanMode", "invalid")]),
        ("thermostat:set-schedule-override", {"until": "2026-05-01T13:00:00Z"}, [("/heatTarget", "required")]),
        (
            "thermostat:set-schedule-override",
            {"heatTarget": 60, "until": "2026-05-02T12:00:01Z"},
            [("/until", "out_of_range")],
        ),
        (
            "thermostat:set-schedule-override",
            {"heatTarget": 60, "until": "2026-05-01T12:00:00Z"},
            [("/until", "out_of_range")],
        ),
        ("thermostat:set-schedule-override", {"heatTarget": 60, "until": "tomorrow"}, [("/until", "invalid")]),
        (
            "thermostat:set-schedule-override",
            {"heatTarget": 60, "until": "2026-13-01T12:00:00Z"},
            [("/until", "invalid")],
        ),
        ("vehicle:set-charge-limit", {"chargeLimit": 49}, [("/chargeLimit", "out_of_range")]),
    ],
)
def test_what_is_wrong_with_a_command_is_pointed_at(slug, given, faults):
    assert check(slug, given) == faults


@pytest.mark.parametrize(
    ("slug", "given"),
    [
        ("battery:set-power", {"power": 1, "durationSeconds": 60}),
        ("inverter:limit-export", {"exportLimit": 1}),
        ("charger:set-current-limit", {"currentLimit": 1}),
    ],
)
def test_a_power_command_to_a_device_without_ratings_is_refused(slug, given):
    assert {code for _, code in check(slug, given, ratings={})} == {"rating_missing"}


def test_a_thermostat_without_ratings_keeps_to_the_usual_range():
    limits = [({"operatingMode": "heat", "heatTarget": each}) for each in (45, 95, 44.9, 95.1)]
    assert [bool(check("thermostat:set-operating-mode", each, ratings={})) for each in limits] == [
        False,
        False,
        True,
        True,
    ]


def test_an_override_counts_from_the_moment_that_it_is_given():
    until = (NOW + timedelta(hours=24)).isoformat()
    override = command_of("thermostat:set-schedule-override")
    given = {"coolTarget": 75, "until": until}
    assert input_faults(override, given, ratings={}, now=NOW) == []
    assert told(input_faults(override, given, ratings={}, now=NOW - timedelta(seconds=1))) == [
        ("/until", "out_of_range")
    ]


def test_every_kind_of_value_is_told_apart():
    kinds = {type(field.value) for kind in KINDS.values() for field in kind.fields}
    kinds |= {type(each.value) for kind in KINDS.values() for order in kind.orders for each in order.parameters}
    assert kinds == {Quantity, Choice, Flag, StateOf, Instant}
