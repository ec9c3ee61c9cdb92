"""Whether a state or a command's input is as the registry says, and every fault of it where it is not. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import singledispatch
from typing import Any

from devices.kind import AnyOf, Apart, Command, DeviceType, Kind, Only, Parameter, Rated, Within
from devices.kinds import KINDS
from devices.values import INVALID, OUT_OF_RANGE, StateOf, Wrong

Input = dict[str, Any]


def state_faults(device_type: str, state: Any) -> list[Wrong]:
    """Pointers lead from the state. Any field may be null or absent; what is not in the registry is refused."""
    if not isinstance(state, dict):
        return [Wrong(INVALID, "Must be an object.")]
    return list(_of_state(KINDS[DeviceType(device_type)], state, at=""))


def input_faults(command: Command, given: Any, *, ratings: dict[str, float], now: datetime) -> list[Wrong]:
    """Pointers lead from the input. `ratings` are the device's own; a command that needs one it lacks is refused."""
    if not isinstance(given, dict):
        return [Wrong(INVALID, "Must be an object.")]
    foreign = [name for name in given if command.parameter(name) is None]
    faults = [
        *(Wrong("unknown_field", "There is no such field here.", f"/{_escaped(name)}") for name in foreign),
        *(Wrong("rating_missing", f"The device states no {name}.") for name in command.needs if name not in ratings),
    ]
    for parameter in command.parameters:
        faults += _of_parameter(parameter, given, ratings)
    if not faults:  # between parameters there is something to say once each is good by itself
        faults += [wrong for rule in command.rules if (wrong := broken(rule, given, now))]
    return faults


def _of_state(kind: Kind, state: dict[str, Any], *, at: str) -> Iterator[Wrong]:
    for name, value in state.items():
        place = f"{at}/{_escaped(name)}"
        if (field := kind.field(name)) is None:
            yield Wrong("unknown_field", f"A {kind.type} has no such field.", place)
        elif value is not None:
            if wrong := field.value.wrong(value):
                yield Wrong(wrong.code, wrong.detail, place)
            elif isinstance(field.value, StateOf):
                yield from _of_state(KINDS[DeviceType(field.value.type)], value, at=place)


def _of_parameter(parameter: Parameter, given: Input, ratings: dict[str, float]) -> Iterator[Wrong]:
    place, value = f"/{parameter.name}", given.get(parameter.name)
    if value is None:
        if parameter.required:
            yield Wrong("required", "This field is required.", place)
    elif wrong := parameter.value.wrong(value):
        yield Wrong(wrong.code, wrong.detail, place)
    else:
        least, most = _bound(parameter.least, ratings), _bound(parameter.most, ratings)
        if least is not None and value < least:
            yield Wrong(OUT_OF_RANGE, f"The device is rated for {least:g} at least.", place)
        if most is not None and value > most:
            yield Wrong(OUT_OF_RANGE, f"The device is rated for {most:g} at most.", place)


@singledispatch
def broken(rule: Any, given: Input, now: datetime) -> Wrong | None:
    raise TypeError(f"{type(rule).__name__} is a rule that nobody checks")


@broken.register
def _(rule: Apart, given: Input, now: datetime) -> Wrong | None:
    lower, upper = given.get(rule.lower), given.get(rule.upper)
    if lower is None or upper is None or upper - lower >= rule.by:
        return None
    return Wrong(OUT_OF_RANGE, rule.said, f"/{rule.upper}")


@broken.register
def _(rule: Only, given: Input, now: datetime) -> Wrong | None:
    if given.get(rule.parameter) is None or given.get(rule.other) in rule.values:
        return None
    return Wrong(INVALID, rule.said, f"/{rule.parameter}")


@broken.register
def _(rule: Within, given: Input, now: datetime) -> Wrong | None:
    until = datetime.fromisoformat(str(given[rule.parameter]).upper())
    if now < until <= now + timedelta(hours=rule.hours):
        return None
    return Wrong(OUT_OF_RANGE, rule.said, f"/{rule.parameter}")


@broken.register
def _(rule: AnyOf, given: Input, now: datetime) -> Wrong | None:
    if any(given.get(name) is not None for name in rule.parameters):
        return None
    return Wrong("required", rule.said, f"/{rule.parameters[0]}")


def _bound(rated: Rated | None, ratings: dict[str, float]) -> float | None:
    return ratings[rated.rating] * rated.factor if rated and rated.rating in ratings else None


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
