"""The registry against Texture's vocabulary, written down a second time by hand."""

import pytest

from devices.kinds import KINDS, RATINGS, DeviceType, command_of, takes_command
from devices.presentation import show_kind, value_type
from devices.values import Quantity

GRID = {"gridStatus": "string", "gridPower": "W", "gridEnergy": "Wh"}
STATE = {
    "battery": {
        "charge": "Wh", "chargePercentage": "%", "chargingState": "string", "whConsumed": "Wh", "chargeRate": "W",
        "backupReserve": "%", **GRID, "strategy": "string", "isStormModeEnabled": "boolean",
        "isStormModeActive": "boolean",
    },
    "inverter": {"power": "W", **GRID, "batteryState": "battery_state"},
    "charger": {
        "chargingState": "string", "isPluggedIn": "boolean", "chargerVoltage": "V", "chargerCurrent": "A",
        "chargerWattage": "W",
    },
    "thermostat": {
        "ambientTemperature": "°F", "operatingMode": "string", "heatTarget": "°F", "coolTarget": "°F",
        "fanMode": "string",
    },
    "vehicle": {
        "chargePercentage": "%", "chargingState": "string", "isPluggedIn": "boolean", "chargeRate": "W",
        "chargeLimit": "%",
    },
    "other": {},
}  # fmt: skip
INPUT = {
    "battery:set-reserve": {"chargePercentage": True},
    "battery:set-operating-mode": {
        "operatingMode": True, "minimumBatteryReserve": False, "maximumBatteryReserve": False,
        "enableGridInteraction": False, "executionPriority": False,
    },
    "battery:set-power": {"power": True, "durationSeconds": True},
    "inverter:limit-export": {"exportLimit": True},
    "inverter:curtail": {"curtailmentPercentage": True},
    "inverter:set-power-factor": {"powerFactor": True},
    "charger:set-operating-mode": {"operatingMode": True},
    "charger:set-current-limit": {"currentLimit": True},
    "thermostat:set-operating-mode": {"operatingMode": True, "heatTarget": False, "coolTarget": False},
    "thermostat:set-fan-mode": {"fanMode": True},
    "thermostat:set-schedule-override": {"heatTarget": False, "coolTarget": False, "until": True},
    "vehicle:set-operating-mode": {"operatingMode": True},
    "vehicle:set-charge-limit": {"chargeLimit": True},
}  # fmt: skip


@pytest.mark.parametrize("device_type", DeviceType)
def test_each_type_tells_what_the_vocabulary_has_in_its_units(device_type):
    fields = {
        field.name: field.value.unit if isinstance(field.value, Quantity) else value_type(field.value)
        for field in KINDS[device_type].fields
    }
    assert fields == STATE[device_type]


def test_each_command_takes_what_the_vocabulary_has():
    commands = {
        command.slug: {parameter.name: parameter.required for parameter in command.parameters}
        for kind in KINDS.values()
        for command in kind.orders
    }
    assert commands == INPUT


def test_signs_are_told_where_they_are_both():
    signs = {
        (kind.type.value, field.name): field.sign for kind in KINDS.values() for field in kind.fields if field.sign
    }
    assert signs == {
        ("battery", "chargeRate"): "Positive discharges, negative charges.",
        ("vehicle", "chargeRate"): "Positive discharges, negative charges.",
        **{
            (kind, name): "Positive imports, negative exports."
            for kind in ("battery", "inverter")
            for name in ("gridPower", "gridEnergy")
        },
    }
    assert command_of("battery:set-power").parameter("power").sign == "Positive discharges, negative charges."


def test_a_command_belongs_to_the_type_that_its_slug_names():
    for kind in KINDS.values():
        for slug in kind.commands:
            assert slug.partition(":")[0] == kind.type
            assert takes_command(kind.type, slug)
    assert not takes_command("battery", "charger:set-current-limit")
    assert command_of("battery:explode") is None


def test_every_rating_that_bounds_a_command_is_one_that_a_maker_can_state():
    for kind in KINDS.values():
        for command in kind.orders:
            named = {rated.rating for each in command.parameters for rated in (each.least, each.most) if rated}
            assert (named | set(command.needs)) <= set(RATINGS)


def test_everything_has_a_meaning():
    for kind in KINDS.values():
        told = show_kind(kind)
        assert told["meaning"]
        for each in (*told["state"], *told["commands"], *(p for c in told["commands"] for p in c["parameters"])):
            assert len(each["meaning"]) > 3
