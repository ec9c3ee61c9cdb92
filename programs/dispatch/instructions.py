"""What an event asks of each device type, as it is written down with the event. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from devices.kind import DeviceType


@dataclass(frozen=True, slots=True)
class Discharge:
    """A battery gives `share` of the power that it is rated for."""

    action: ClassVar[str] = "discharge"
    share: float

    def __str__(self) -> str:
        return f"discharge at {self.share:.0%} of the rated power"


@dataclass(frozen=True, slots=True)
class PreCool:
    """A thermostat cools deeper for a while before the event, and then holds a warmer target until its end, in °F.

    Nothing in a thermostat's state is a power, so what one saves is `assumed_kw`: said by the operator, never measured.
    """

    action: ClassVar[str] = "pre_cool"
    minutes: int
    cooler: float
    warmer: float
    assumed_kw: float = 1.0

    def __str__(self) -> str:
        return f"cool by {self.cooler:g} °F for {self.minutes} minutes before, then hold {self.warmer:g} °F warmer"


@dataclass(frozen=True, slots=True)
class StopCharging:
    action: ClassVar[str] = "stop_charging"

    def __str__(self) -> str:
        return "stop charging"


@dataclass(frozen=True, slots=True)
class Curtail:
    """An inverter takes `share` off what it could give."""

    action: ClassVar[str] = "curtail"
    share: float

    def __str__(self) -> str:
        return f"curtail by {self.share:.0%}"


Instruction = Discharge | PreCool | StopCharging | Curtail
Instructions = Mapping[DeviceType, Instruction]

FITS: dict[DeviceType, type[Instruction]] = {
    DeviceType.BATTERY: Discharge,
    DeviceType.THERMOSTAT: PreCool,
    DeviceType.CHARGER: StopCharging,
    DeviceType.VEHICLE: StopCharging,
    DeviceType.INVERTER: Curtail,
}
MOST_MINUTES_BEFORE, MOST_DEGREES = 120, 8.0


class UnfitInstructionError(ValueError):
    """What is written is no instruction for this device type; the message says why."""


def check(instructions: Instructions) -> None:
    """Raises `UnfitInstructionError`."""
    if not instructions:
        raise UnfitInstructionError("An event asks something of one device type at least.")
    for device_type, instruction in instructions.items():
        if FITS.get(device_type) is not type(instruction):
            raise UnfitInstructionError(f"A {device_type} cannot be asked to {instruction.action}.")
        _check_values(instruction)


def _check_values(instruction: Instruction) -> None:
    match instruction:
        case Discharge(share) | Curtail(share) if not 0 < share <= 1:
            raise UnfitInstructionError("The share is above 0 and at most 100 %.")
        case PreCool(minutes, cooler, warmer, kw):
            if not 0 <= minutes <= MOST_MINUTES_BEFORE:
                raise UnfitInstructionError(f"It cools ahead for 0 to {MOST_MINUTES_BEFORE} minutes.")
            if not (0 <= cooler <= MOST_DEGREES and 0 < warmer <= MOST_DEGREES and kw >= 0):
                raise UnfitInstructionError(f"Targets move by up to {MOST_DEGREES:g} °F, and the warmer one moves.")


def written(instructions: Instructions) -> dict[str, dict[str, Any]]:
    return {str(kind.value): {"action": each.action, **asdict(each)} for kind, each in instructions.items()}


def read(document: Mapping[str, Mapping[str, Any]]) -> dict[DeviceType, Instruction]:
    """As `written` wrote it; raises `UnfitInstructionError` for anything else."""
    found: dict[DeviceType, Instruction] = {}
    for name, given in document.items():
        kind = DeviceType(name)
        fit = FITS.get(kind)
        if fit is None or given.get("action") != fit.action:
            raise UnfitInstructionError(f"A {name} cannot be asked to {given.get('action')}.")
        found[kind] = fit(**{key: value for key, value in given.items() if key != "action"})
    return found
