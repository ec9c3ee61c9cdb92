"""An event's instruction for one device, as commands of the registry with their times and what restores it. Pure.

Nothing here is a rule of safety: whatever is planned is weighed by devices/safety when it is issued.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from devices.kind import DeviceType
from programs.dispatch.instructions import Curtail, Discharge, Instruction, Instructions, PreCool, StopCharging
from texture_portal.clock import to_wire

LEAST_SECONDS = 60  # some clouds take no shorter command
HOLD = "thermostat:set-schedule-override"
APART_F = 3.0  # contract: heat below cool by at least this
AFTERWARDS = timedelta(minutes=5)  # for how long a thermostat without modes is held at its own target again


class Against(StrEnum):
    """Why an event asks nothing of a device, beside what devices/safety refuses."""

    NOT_ASKED = "type_not_asked"
    NO_COMMAND = "command_missing"
    NO_RATING = "rating_missing"
    NO_STATE = "state_unknown"
    NOT_COOLING = "not_cooling"


@dataclass(frozen=True, slots=True)
class Subject:
    """A device as it is now. `key` is what its turn in the ramp is drawn by."""

    key: str
    type: DeviceType
    commands: frozenset[str]
    ratings: Mapping[str, float]
    state: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """`seed` makes the draw the event's own, and the same whenever it is drawn again."""

    seed: str
    starts_at: datetime
    ends_at: datetime
    randomise: timedelta = timedelta()
    ramp: timedelta = timedelta()

    def start_of(self, key: str) -> datetime:
        """Over the ramp the fleet begins at an even rate; on top, each begins later by a chance of its own."""
        later = self.ramp * _fraction(self.seed, key, "ramp") + self.randomise * _fraction(self.seed, key, "chance")
        return (self.starts_at + later).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Step:
    """`restore` is a command and its input, as devices/commands takes it: the last step's brings the device back."""

    command: str
    input: dict[str, Any]
    starts_at: datetime
    ends_at: datetime
    restore: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`expected_kw`: how much less it takes from the grid (or gives to it, where it is curtailed), on average."""

    steps: tuple[Step, ...]
    expected_kw: float


def plan(instructions: Instructions, subject: Subject, schedule: Schedule) -> Plan | Against:
    instruction = instructions.get(subject.type)
    if instruction is None:
        return Against.NOT_ASKED
    return _planned(instruction, subject, schedule, schedule.start_of(subject.key))


def _planned(instruction: Instruction, subject: Subject, schedule: Schedule, start: datetime) -> Plan | Against:
    match instruction:
        case Discharge(share):
            return _discharge(share, subject, start, schedule.ends_at)
        case PreCool():
            return _pre_cool(instruction, subject, start, schedule.ends_at)
        case StopCharging():
            return _stop_charging(subject, start, schedule.ends_at)
        case Curtail(share):
            return _curtail(share, subject, start, schedule.ends_at)


def _discharge(share: float, subject: Subject, start: datetime, end: datetime) -> Plan | Against:
    reset = _restore("battery:set-operating-mode", operatingMode="reset")
    if "battery:set-power" in subject.commands:
        rated = subject.ratings.get("maxDischargePowerW")
        if not rated:
            return Against.NO_RATING
        power, seconds = round(share * rated, 1), max(LEAST_SECONDS, int((end - start).total_seconds()))
        rest = _restore("battery:set-power", power=0, durationSeconds=LEAST_SECONDS)
        restore = reset if reset["command"] in subject.commands else rest
        step = Step("battery:set-power", {"power": power, "durationSeconds": seconds}, start, end, restore)
        return Plan((step,), _deliverable_kw(power / 1000, subject, end - start))
    if reset["command"] in subject.commands:
        asked = {"operatingMode": "discharge", "enableGridInteraction": True, "executionPriority": "grid_services"}
        step = Step("battery:set-operating-mode", asked, start, end, reset)
        rated = subject.ratings.get("maxDischargePowerW", 0.0)
        return Plan((step,), _deliverable_kw(rated / 1000, subject, end - start))
    return Against.NO_COMMAND


def _deliverable_kw(kw: float, subject: Subject, length: timedelta) -> float:
    """No more than what is in store above the reserve, spread over the time."""
    state, capacity = subject.state or {}, subject.ratings.get("energyCapacityWh")
    percent, reserve = state.get("chargePercentage"), state.get("backupReserve") or 0
    if percent is None or not capacity:
        return kw
    stored_kwh: float = max(0.0, percent - reserve) / 100 * capacity / 1000
    return min(kw, stored_kwh / (length / timedelta(hours=1)))


def _pre_cool(asked: PreCool, subject: Subject, start: datetime, end: datetime) -> Plan | Against:
    state = subject.state
    if state is None:
        return Against.NO_STATE
    target, mode, heat = state.get("coolTarget"), state.get("operatingMode"), state.get("heatTarget")
    if target is None or mode not in ("cool", "auto"):
        return Against.NOT_COOLING
    warmer = target + asked.warmer
    if "thermostat:set-operating-mode" in subject.commands:
        own = {"operatingMode": mode, "coolTarget": target}
        own |= {"heatTarget": heat} if mode == "auto" and heat is not None else {}
        restore = _restore("thermostat:set-operating-mode", **own)
        if HOLD not in subject.commands:
            step = Step("thermostat:set-operating-mode", {**own, "coolTarget": warmer}, start, end, restore)
            return Plan((step,), asked.assumed_kw)
    elif HOLD in subject.commands:
        restore = _restore(HOLD, coolTarget=target, until=to_wire(end + AFTERWARDS))
    else:
        return Against.NO_COMMAND
    before = _cool_ahead(asked, target, heat if mode == "auto" else None, start)
    during = Step(HOLD, {"coolTarget": warmer, "until": to_wire(end)}, start, end, restore)
    return Plan((*before, during), asked.assumed_kw)


def _cool_ahead(asked: PreCool, target: float, heat: float | None, start: datetime) -> tuple[Step, ...]:
    """A hold that ends by itself when the event begins; there is nothing to restore after it."""
    cooler = target - asked.cooler
    if heat is not None:
        cooler = max(cooler, heat + APART_F)
    if not asked.minutes or cooler >= target:
        return ()
    begin = start - timedelta(minutes=asked.minutes)
    return (Step(HOLD, {"coolTarget": cooler, "until": to_wire(start)}, begin, start),)


def _stop_charging(subject: Subject, start: datetime, end: datetime) -> Plan | Against:
    command = f"{subject.type.value}:set-operating-mode"
    if command not in subject.commands:
        return Against.NO_COMMAND
    restore = _restore(command, operatingMode="start-charging")
    step = Step(command, {"operatingMode": "stop-charging"}, start, end, restore)
    return Plan((step,), max(0.0, load_kw(subject.type, subject.state or {}) or 0.0))


def _curtail(share: float, subject: Subject, start: datetime, end: datetime) -> Plan | Against:
    if "inverter:curtail" not in subject.commands:
        return Against.NO_COMMAND
    given_w = (subject.state or {}).get("power")
    power = subject.ratings.get("ratedPowerW", 0.0) if given_w is None else given_w
    restore = _restore("inverter:curtail", curtailmentPercentage=0)
    step = Step("inverter:curtail", {"curtailmentPercentage": round(share * 100, 1)}, start, end, restore)
    return Plan((step,), share * power / 1000)


def _restore(command: str, **given: Any) -> dict[str, Any]:
    return {"command": command, "input": given}


# The field of each type's state that is its power in W, and by what it becomes a load: positive from the grid.
POWER: dict[DeviceType, tuple[str, int]] = {
    DeviceType.BATTERY: ("chargeRate", -1),
    DeviceType.INVERTER: ("power", -1),
    DeviceType.CHARGER: ("chargerWattage", 1),
    DeviceType.VEHICLE: ("chargeRate", -1),
}


def load_kw(device_type: DeviceType, state: Mapping[str, Any]) -> float | None:
    """What it takes from the grid, negative where it gives; None where it does not say."""
    if device_type not in POWER:
        return None
    field, sign = POWER[device_type]
    watts: float | None = state.get(field)
    return None if watts is None else sign * watts / 1000


def response_sign(device_type: DeviceType) -> int:
    """An event wants less load of a device, but of an inverter less output, which is more."""
    return -1 if device_type is DeviceType.INVERTER else 1


def _fraction(*names: str) -> float:
    """From 0 on, below 1: the same for the same names, and spread evenly over others."""
    digest = hashlib.sha256("\x00".join(names).encode()).digest()
    return int.from_bytes(digest[:7]) / 2**56
