"""Whether a command may leave, and with what input (§5.3): every rule, in one order. Pure.

Nothing is sent around it: issuing weighs every order, sending weighs it again with what is known by then, and a
preview asks the same question and writes nothing. Some rules refuse, by their name; others constrain what was asked,
and then what was asked is kept beside what is sent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from devices import limits_of_safety as limits
from devices.checking import input_faults
from devices.kind import Command
from devices.kinds import command_of, takes_command
from devices.limits_of_safety import Clip
from devices.values import Wrong

FRESH_FOR_CONTROL = timedelta(minutes=10)  # tighter than for display (15, §4.1): what is decided by it is done
AHEAD_AT_MOST = timedelta(minutes=1)  # of our clock, which a device's may be


@dataclass(frozen=True, slots=True)
class Caps:
    """What the program allows of one device, and what it has used: events a day, hours a year. None: no cap."""

    events_a_day: int | None = None
    events_today: int = 0
    hours_a_year: float | None = None
    hours_this_year: float = 0.0


NO_CAPS = Caps()


@dataclass(frozen=True, slots=True)
class Asked:
    """One order. `program_type` is what it is for; a restore is for nobody but the customer, and needs none."""

    command: str
    input: Mapping[str, Any]
    program_type: str = ""
    event_id: UUID | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    caps: Caps = NO_CAPS
    is_restore: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Another event that the device is in."""

    event_id: UUID
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """`state` is the latest, as the registry names it. `takes_orders`: neither its partner nor a portfolio that it
    is in is suspended, or has ended. `may_control` … `cleared_until`: the clearance from above.
    """

    type: str
    controllable: bool
    telemetry: bool
    commands: frozenset[str]
    ratings: Mapping[str, float] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    observed_at: datetime | None = None
    takes_orders: bool = True
    may_control: bool = False
    program_types: frozenset[str] = frozenset()
    cleared_until: datetime | None = None
    events: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Allowed:
    input: dict[str, Any]
    clipped: tuple[Clip, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """`rule` is its name, as it is kept and shown; `detail` says it to people."""

    rule: str
    detail: str


ORDERS_STOPPED = Refused("orders_stopped", "Its partner, or a portfolio that it is in, is suspended or has ended.")
Rule = Callable[[Asked, DeviceFacts, datetime], Refused | None]


def weigh(asked: Asked, device: DeviceFacts, *, now: datetime, back: Asked | None = None) -> Allowed | Refused:
    """`back` is what gives the device back at the end: what could not be undone is not begun."""
    verdict = _weigh(asked, device, now=now)
    if back is None or isinstance(verdict, Refused):
        return verdict
    undone = _weigh(back, device, now=now)
    if isinstance(undone, Refused):
        return Refused("restore_refused", f"What restores the device is refused: {undone.detail}")
    return verdict


def _weigh(asked: Asked, device: DeviceFacts, *, now: datetime) -> Allowed | Refused:
    rules = FOR_RESTORES if asked.is_restore else RULES
    for rule in rules:
        if refused := rule(asked, device, now):
            return refused
    command = command_of(asked.command)
    if command is None:
        raise LookupError(f"{asked.command} passed the rules and is in no registry")
    return _constrained(command, asked, device, now=now)


def _constrained(command: Command, asked: Asked, device: DeviceFacts, *, now: datetime) -> Allowed | Refused:
    """Well-formed as it was asked, then clipped, then held against every limit once more."""
    given, ratings = dict(asked.input), dict(device.ratings)
    malformed = [each for each in input_faults(command, given, ratings={}, now=now) if each.code != "rating_missing"]
    if malformed:
        return _of_input(malformed[0])
    if missing := next((name for name in command.needs if name not in ratings), None):
        return Refused("rating_missing", f"The device states no {missing}.")
    clips: list[Clip] = []
    try:
        for constrain in (limits.within_ratings, *(() if asked.is_restore else limits.of_command(command.slug))):
            given, made = constrain(command, given, ratings=ratings, state=device.state)
            clips += made
    except limits.BeyondError as beyond:
        return Refused(beyond.rule, str(beyond))
    if faults := input_faults(command, given, ratings=ratings, now=now):
        return _of_input(faults[0])
    return Allowed(given, limits.merged(clips))


def _of_input(wrong: Wrong) -> Refused:
    return Refused("input_invalid", f"{wrong.pointer}: {wrong.detail}" if wrong.pointer else wrong.detail)


def _capable(asked: Asked, device: DeviceFacts, now: datetime) -> Refused | None:
    if device.controllable and asked.command in device.commands and takes_command(device.type, asked.command):
        return None
    return Refused("not_capable", f"The device does not take {asked.command}.")


def _takes_orders(asked: Asked, device: DeviceFacts, now: datetime) -> Refused | None:
    if device.takes_orders:
        return None
    return ORDERS_STOPPED


def _cleared(asked: Asked, device: DeviceFacts, now: datetime) -> Refused | None:
    if device.may_control and (device.cleared_until is None or now < device.cleared_until):
        return None
    return Refused("not_cleared", "No active enrollment with a valid consent allows this device to be controlled.")


def _consented(asked: Asked, device: DeviceFacts, now: datetime) -> Refused | None:
    if not asked.program_type:
        return Refused("program_missing", "A command says for which type of program it is.")
    if asked.program_type not in device.program_types:
        return Refused("program_not_consented", f"The customer has not consented to {asked.program_type}.")
    ends_at = asked.ends_at or asked.starts_at
    if device.cleared_until is not None and ends_at is not None and ends_at > device.cleared_until:
        return Refused("consent_ends", "The consent runs out before it would end.")
    return None


def _fresh(asked: Asked, device: DeviceFacts, now: datetime) -> Refused | None:
    """A device that tells no telemetry has no state to be fresh."""
    if not device.telemetry:
        return None
    if device.observed_at is None:
        return Refused("state_unknown", "The device has told no state yet.")
    age = now - device.observed_at
    if age > FRESH_FOR_CONTROL:
        return Refused("state_stale", f"The latest state is older than {FRESH_FOR_CONTROL.seconds // 60} minutes.")
    if age < -AHEAD_AT_MOST:
        return Refused("state_stale", "The latest state is from the future: how old it is, nobody knows.")
    return None


def _no_storm(asked: Asked, device: DeviceFacts, now: datetime) -> Refused | None:
    if device.type == "battery" and device.state.get("isStormModeActive") is True:
        return Refused("storm_mode", "The battery holds its charge for a storm.")
    return None


def _one_event(asked: Asked, device: DeviceFacts, now: datetime) -> Refused | None:
    starts_at = asked.starts_at or now
    for other in device.events:
        is_before = other.ends_at is not None and other.ends_at <= starts_at
        is_after = asked.ends_at is not None and asked.ends_at <= other.starts_at
        if other.event_id != asked.event_id and not is_before and not is_after:
            return Refused("second_event", "The device is in another event then.")
    return None


def _within_caps(asked: Asked, device: DeviceFacts, now: datetime) -> Refused | None:
    caps = asked.caps
    if caps.events_a_day is not None and caps.events_today >= caps.events_a_day:
        return Refused("events_a_day", f"The device has had its {caps.events_a_day} events of this day.")
    if caps.hours_a_year is not None:
        starts_at = asked.starts_at or now
        hours = max(0.0, ((asked.ends_at or starts_at) - starts_at) / timedelta(hours=1))
        if caps.hours_this_year + hours > caps.hours_a_year:
            return Refused("hours_a_year", f"It would be over the {caps.hours_a_year:g} hours of this year.")
    return None


# What refuses first, names it. What only constrains is in `limits_of_safety`, by command.
RULES: tuple[Rule, ...] = (_capable, _takes_orders, _cleared, _consented, _fresh, _no_storm, _one_event, _within_caps)
FOR_RESTORES: tuple[Rule, ...] = (_capable,)  # it gives the device back: for that nobody's leave is needed
