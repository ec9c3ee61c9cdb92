"""The registry of device types and the commands each takes, by Texture's names. A new device type is one entry."""

from dataclasses import dataclass
from enum import StrEnum


class DeviceType(StrEnum):
    BATTERY = "battery"
    INVERTER = "inverter"
    CHARGER = "charger"
    THERMOSTAT = "thermostat"
    VEHICLE = "vehicle"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of one device type. `commands` are slugs of the form `type:verb`."""

    type: DeviceType
    commands: frozenset[str] = frozenset()


def _kind(device_type: DeviceType, *verbs: str) -> Kind:
    return Kind(device_type, frozenset(f"{device_type}:{verb}" for verb in verbs))


KINDS: dict[DeviceType, Kind] = {
    kind.type: kind
    for kind in (
        _kind(DeviceType.BATTERY, "set-reserve", "set-operating-mode", "set-power"),
        _kind(DeviceType.INVERTER, "limit-export", "curtail", "set-power-factor"),
        _kind(DeviceType.CHARGER, "set-operating-mode", "set-current-limit"),
        _kind(DeviceType.THERMOSTAT, "set-operating-mode", "set-fan-mode", "set-schedule-override"),
        _kind(DeviceType.VEHICLE, "set-operating-mode", "set-charge-limit"),
        _kind(DeviceType.OTHER),
    )
}

# What a maker may state of a device's limits; safe commands are clipped to these. Names carry their unit.
RATINGS: tuple[str, ...] = (
    "energyCapacityWh",
    "maxChargePowerW",
    "maxDischargePowerW",
    "ratedPowerW",
    "ratedCurrentA",
    "minTemperatureF",
    "maxTemperatureF",
)


def takes_command(device_type: str, command: str) -> bool:
    return command in KINDS[DeviceType(device_type)].commands
