"""CommonGrid's words for programs, in ours: the one table. What is not in it is refused, with the row's name."""

from typing import TypeVar

from devices.kinds import DeviceType
from programs.models import Program, ProgramType

Meaning = TypeVar("Meaning")

_OTHER = (DeviceType.OTHER,)

DEVICE_TYPES: dict[str, tuple[DeviceType, ...]] = {
    "BATTERY": (DeviceType.BATTERY,),
    "SOLAR_PV": (DeviceType.INVERTER,),
    "EV_CHARGER": (DeviceType.CHARGER, DeviceType.VEHICLE),
    "THERMOSTAT": (DeviceType.THERMOSTAT,),
    "HVAC": (DeviceType.THERMOSTAT,),
    "WATER_HEATER": _OTHER,
    "POOL_PUMP": _OTHER,
    "GENERATOR": _OTHER,
    "IRRIGATION": _OTHER,
    "INDUSTRIAL_LOAD": _OTHER,
    "COMMERCIAL_LOAD": _OTHER,
    "WHOLE_HOME": _OTHER,
    "NON_DEVICE": _OTHER,
}

PROGRAM_TYPES: dict[str, ProgramType] = {
    "DEMAND_RESPONSE": ProgramType.DEMAND_RESPONSE,
    "PEAK_SHAVING": ProgramType.DEMAND_RESPONSE,
    "DEMAND_CHARGE_REDUCTION": ProgramType.DEMAND_RESPONSE,
    "LOAD_SHIFTING": ProgramType.TIME_OF_USE,
    "ENERGY_ARBITRAGE": ProgramType.TIME_OF_USE,
    "LOAD_FLEXIBILITY": ProgramType.TIME_OF_USE,
    "FREQUENCY_REGULATION": ProgramType.FREQUENCY_REGULATION,
    "DISTRIBUTION_VOLTAGE_SUPPORT": ProgramType.FREQUENCY_REGULATION,
    "CAPACITY": ProgramType.CAPACITY,
    "DISTRIBUTION_CAPACITY_SUPPORT": ProgramType.CAPACITY,
    "TRANSMISSION": ProgramType.CAPACITY,
    "RENEWABLE_INTEGRATION": ProgramType.SOLAR_CURTAILMENT,
}

# (asset type, participation model or None for any): the type that such a program is besides
BESIDES: dict[tuple[str, str | None], ProgramType] = {
    ("EV_CHARGER", None): ProgramType.MANAGED_CHARGING,
    ("BATTERY", "DIRECT_CONTROL"): ProgramType.VIRTUAL_POWER_PLANT,
}

STATUSES: dict[str, Program.Status] = {status.value.upper(): status for status in Program.Status}


class UnknownWordError(Exception):
    """A word that the table does not know."""


def device_types(asset_types: list[str]) -> list[DeviceType]:
    kinds = (kind for word in asset_types for kind in _look_up(DEVICE_TYPES, word, "asset type"))
    return list(dict.fromkeys(kinds))


def program_types(
    *, grid_services: list[str], asset_types: list[str], participation_models: list[str]
) -> list[ProgramType]:
    """Every type that the program is, the primary one first: the earliest in the order of `ProgramType`."""
    types = {_look_up(PROGRAM_TYPES, word, "grid service") for word in grid_services}
    types |= {
        also
        for (asset, model), also in BESIDES.items()
        if asset in asset_types and (model is None or model in participation_models)
    }
    return [kind for kind in ProgramType if kind in types]


def status(word: str) -> Program.Status:
    return _look_up(STATUSES, word, "status")


def _look_up(table: dict[str, Meaning], word: str, what: str) -> Meaning:
    if word not in table:
        raise UnknownWordError(f"Its {what} {word!r} is not in the vocabulary.")
    return table[word]
