"""One state field out of an answer: found, combined, converted, mapped, and held against the registry. Pure."""

import re
from dataclasses import dataclass
from math import isfinite
from operator import add, mul, sub
from typing import Any

from devices.connectors.pull.documents import Rule
from devices.connectors.pull.faults import Fault, shown
from devices.connectors.pull.paths import PathError, search
from devices.values import Choice, Quantity, StateOf

NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
UNKNOWN = "unknown"


class UnreadableError(ValueError):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Counted:
    """In the place of a value: what counters stood at, each with the sign by which it counts."""

    parts: tuple[float, ...]


def is_true(value: Any) -> bool:
    """As JMESPath has it: nothing, false and what is empty are not; zero is."""
    return value is not None and value is not False and value not in ("", [], {})


def read(rules: tuple[Rule, ...], root: Any) -> tuple[dict[str, Any], list[Fault]]:
    """A state: what cannot be read is null, with its fault."""
    state, faults = {}, []
    for rule in rules:
        try:
            state[rule.name], told = _value(rule, root)
            faults += told
        except PathError as fault:
            state[rule.name] = None
            faults.append(Fault(rule.at, "path_failed", str(fault)))
        except UnreadableError as fault:
            state[rule.name] = None
            faults.append(Fault(rule.at, fault.code, str(fault)))
    return state, faults


def _value(rule: Rule, root: Any) -> tuple[Any, list[Fault]]:
    if rule.when and not is_true(search(rule.when, root)):
        return None, []
    if isinstance(rule.value, StateOf):
        inner, faults = read(rule.inner, root)
        return (inner if any(each is not None for each in inner.values()) else None), faults
    if rule.is_counter:
        return _counted(rule, root), []
    given = _present(rule, search(rule.path, root))
    if given is None:
        return None, []
    if isinstance(rule.value, Quantity) or rule.sign is not None:
        return _of_number(rule, given, root)
    return _of_name(rule, given)


def _counted(rule: Rule, root: Any) -> Counted | None:
    """None where one of them was not told: a sum without it would count too little, and then too much."""
    parts = []
    for sign, paths in ((1.0, (rule.path, *rule.plus)), (-1.0, rule.minus)):
        for path in paths:
            given = _present(rule, search(path, root))
            if given is None:
                return None
            parts.append(sign * rule.convert(_number(rule, given, path)))
    return Counted(tuple(parts))


def _of_number(rule: Rule, given: Any, root: Any) -> tuple[Any, list[Fault]]:
    number = _number(rule, given, rule.path)
    for paths, combine in ((rule.plus, add), (rule.minus, sub), (rule.times, mul)):
        for path in paths:
            other = _present(rule, search(path, root))
            if other is None:
                return None, []
            number = combine(number, _number(rule, other, path))
    return _held(rule, _signed(rule, rule.convert(number)), given), []


def _signed(rule: Rule, number: float) -> float | str:
    if rule.sign is None:
        return number
    if abs(number) <= rule.zero_within:
        return rule.sign["zero"]
    return rule.sign["positive" if number > 0 else "negative"]


def _of_name(rule: Rule, given: Any) -> tuple[Any, list[Fault]]:
    if rule.map is None:
        return _held(rule, given, given), []
    key = _key(given)
    if key in rule.map:
        return rule.map[key], []
    known = ", ".join(rule.map)
    fault = Fault(
        rule.at, "value_unknown", f"{rule.path} is {shown(given)}, which `map` has not: it has {known}. Add it there."
    )
    is_choice = isinstance(rule.value, Choice) and UNKNOWN in rule.value.values
    return (UNKNOWN if is_choice else None), [fault]


def _held(rule: Rule, value: Any, given: Any) -> Any:
    if wrong := rule.value.wrong(value):
        raise UnreadableError(wrong.code, f"{rule.path} is {shown(given)}, read as {shown(value)}. {wrong.detail}")
    return value


def _present(rule: Rule, given: Any) -> Any:
    is_absent = any(type(each) is type(given) and each == given for each in rule.absent)
    return None if is_absent else given


def _number(rule: Rule, given: Any, path: str) -> float:
    if isinstance(given, str) and NUMBER.fullmatch(given):
        given = float(given)
    if isinstance(given, bool) or not isinstance(given, int | float) or not isfinite(given):
        raise UnreadableError(
            "not_a_number", f"{path} is {shown(given)}, and no number. Where that means none, list it in `absent`."
        )
    return float(given)


def _key(given: Any) -> str:
    """As JSON writes it."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    return str(given)
