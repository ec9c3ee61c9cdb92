"""States as they are kept: a JSON list of values in the order of a layout, instead of names with every reading. Pure.

A state within a state (an inverter's battery) is flat here: `batteryState.charge`. Null and absent are one.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, singledispatch
from typing import Any

import orjson

from devices.kind import DeviceType, Field, Kind
from devices.kinds import KINDS
from devices.values import Choice, Flag, Quantity, StateOf, Value

Fits = Callable[[Any], bool]
State = dict[str, Any]
VASTEST = sys.float_info.max
WIDEST = 2**63  # beyond it a whole number is written as the double that every reader of JSON takes it for


class MisfitError(Exception):
    """The state may not be as the registry says: devices/checking knows, and why."""


@dataclass(frozen=True, slots=True)
class Form:
    """How states of a device type are written. `places` are by name: where the value goes, and whether it is good."""

    fields: tuple[str, ...]
    places: dict[str, tuple[int, Fits]]
    nested: dict[str, "tuple[int, Form]"]

    def write(self, state: Any) -> str:
        """Raises `MisfitError` for a state that is not plainly good."""
        values = self._values(state)
        while values and values[-1] is None:
            values.pop()
        try:
            return orjson.dumps(values).decode()
        except orjson.JSONEncodeError as too_wide:
            raise MisfitError from too_wide

    def _values(self, state: Any) -> list[Any]:
        if not isinstance(state, dict):
            raise MisfitError
        values: list[Any] = [None] * len(self.fields)
        places = self.places
        for name, value in state.items():
            if name in places:
                if value is not None:
                    place, fits = places[name]
                    if not fits(value):
                        raise MisfitError
                    values[place] = value
            elif name in self.nested:
                if value is not None:
                    self._write_nested(name, value, values)
            else:
                raise MisfitError
        return values

    def _write_nested(self, name: str, value: Any, values: list[Any]) -> None:
        begin, inner = self.nested[name]
        values[begin : begin + len(inner.fields)] = inner._values(value)


@cache
def form_of(device_type: str) -> Form:
    return _form(KINDS[DeviceType(device_type)])


def read(fields: Sequence[str], written: str) -> State:
    """The state that was written in a layout of these fields."""
    return nest(flat(fields, written))


def flat(fields: Sequence[str], written: str) -> State:
    """The same, still flat, and with nulls as they are."""
    return dict(zip(fields, orjson.loads(written), strict=False))


def write_flat(fields: Sequence[str], state: State) -> str:
    return orjson.dumps([state.get(name) for name in fields]).decode()


def nest(state_flat: State) -> State:
    """`batteryState.charge` under its `batteryState` again, without what was not told."""
    state: State = {}
    for name, value in state_flat.items():
        if value is None:
            continue
        if "." in name:  # few are, and histories are long
            outer, _, inner = name.partition(".")
            state.setdefault(outer, {})[inner] = value
        else:
            state[name] = value
    return state


def flattened(state: State) -> State:
    """`nest`, the other way round."""
    made: State = {}
    for name, value in state.items():
        if isinstance(value, dict):
            made |= {f"{name}.{inner}": each for inner, each in flattened(value).items()}
        else:
            made[name] = value
    return made


def plain(state: State) -> State:
    """A good state without whole numbers that are too wide to be written."""
    return {name: _plain(value) for name, value in state.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return plain(value)
    return float(value) if type(value) is int and abs(value) >= WIDEST else value


@cache
def fields_of(device_type: str) -> dict[str, Field]:
    """The fields of a layout of today, flat, with what the registry says of each."""
    return dict(_flat(KINDS[DeviceType(device_type)]))


def _flat(kind: Kind) -> Iterator[tuple[str, Field]]:
    for field in kind.fields:
        if isinstance(field.value, StateOf):
            inner = KINDS[DeviceType(field.value.type)]
            yield from ((f"{field.name}.{name}", each) for name, each in _flat(inner))
        else:
            yield field.name, field


def _form(kind: Kind) -> Form:
    fields: list[str] = []
    places: dict[str, tuple[int, Fits]] = {}
    nested: dict[str, tuple[int, Form]] = {}
    for field in kind.fields:
        if isinstance(field.value, StateOf):
            inner = form_of(field.value.type)
            nested[field.name] = len(fields), inner
            fields += [f"{field.name}.{name}" for name in inner.fields]
        else:
            places[field.name] = len(fields), _fits(field.value)
            fields.append(field.name)
    return Form(tuple(fields), places, nested)


@singledispatch
def _fits(value: Value) -> Fits:
    """A quick yes; where it says no, the registry is asked. Compiled once, since it runs on every value."""
    return lambda given: value.wrong(given) is None


@_fits.register
def _(value: Quantity) -> Fits:
    bounds = [(_least(each.least), _most(each.most)) for each in value.ranges] or [(-VASTEST, VASTEST)]
    if len(bounds) > 1:
        return lambda given: _is_number(given) and any(least <= given <= most for least, most in bounds)
    ((least, most),) = bounds
    return lambda given: (type(given) is float or type(given) is int) and least <= given <= most


@_fits.register
def _(value: Choice) -> Fits:
    words = frozenset(value.values)
    return lambda given: type(given) is str and given in words


@_fits.register
def _(value: Flag) -> Fits:
    return lambda given: given is True or given is False


def _is_number(given: Any) -> bool:
    return type(given) is float or type(given) is int


def _least(bound: float | None) -> float:
    return -VASTEST if bound is None else bound


def _most(bound: float | None) -> float:
    return VASTEST if bound is None else bound
