"""What a state field or a command's parameter can be: each says of a value what is wrong with it. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Protocol

INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
INVALID, OUT_OF_RANGE = "invalid", "out_of_range"


@dataclass(frozen=True, slots=True)
class Wrong:
    """`code` as in a problem's faults (contract §7); `pointer` (RFC 6901) leads from the value to what is wrong."""

    code: str
    detail: str
    pointer: str = ""


class Value(Protocol):
    """`json_type` is how it travels: number, boolean, string, object."""

    @property
    def json_type(self) -> str: ...

    def wrong(self, value: Any) -> Wrong | None: ...


@dataclass(frozen=True, slots=True)
class Range:
    """None is without end on that side."""

    least: float | None = None
    most: float | None = None

    def holds(self, number: float) -> bool:
        return (self.least is None or number >= self.least) and (self.most is None or number <= self.most)

    def __str__(self) -> str:
        if self.least is not None and self.most is not None:
            return f"{self.least:g} to {self.most:g}"
        if self.least is not None:
            return f"at least {self.least:g}"
        return f"at most {self.most:g}" if self.most is not None else "any"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A finite number in its unit, within one of the ranges; no ranges: any."""

    unit: str
    ranges: tuple[Range, ...] = ()
    json_type: str = "number"

    def wrong(self, value: Any) -> Wrong | None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            return Wrong(INVALID, "Must be a finite number.")
        if self.ranges and not any(each.holds(value) for each in self.ranges):
            return Wrong(OUT_OF_RANGE, f"Must be {' or '.join(map(str, self.ranges))} {self.unit}".rstrip() + ".")
        return None


@dataclass(frozen=True, slots=True)
class Choice:
    values: tuple[str, ...]
    json_type: str = "string"

    def wrong(self, value: Any) -> Wrong | None:
        if isinstance(value, str) and value in self.values:
            return None
        return Wrong(INVALID, f"Must be one of {', '.join(self.values)}.")

    def without(self, *values: str) -> "Choice":
        return Choice(tuple(each for each in self.values if each not in values))


@dataclass(frozen=True, slots=True)
class Flag:
    json_type: str = "boolean"

    def wrong(self, value: Any) -> Wrong | None:
        return None if isinstance(value, bool) else Wrong(INVALID, "Must be true or false.")


@dataclass(frozen=True, slots=True)
class Instant:
    """A timestamp as the contract has them: RFC 3339 with an offset."""

    json_type: str = "string"

    def wrong(self, value: Any) -> Wrong | None:
        if isinstance(value, str) and INSTANT.fullmatch(value):
            try:
                datetime.fromisoformat(value.upper())
                return None
            except ValueError:
                return Wrong(INVALID, "There is no such time.")
        return Wrong(INVALID, "Must be an RFC 3339 timestamp with an offset, such as 2026-05-01T17:03:00Z.")


@dataclass(frozen=True, slots=True)
class StateOf:
    """The state of a device of another type within this one's. What is in it is checked by that type's fields."""

    type: str
    json_type: str = "object"

    def wrong(self, value: Any) -> Wrong | None:
        return None if isinstance(value, dict) else Wrong(INVALID, "Must be an object.")


def _is_finite(number: int | float) -> bool:
    try:
        return isfinite(number)
    except OverflowError:  # a whole number beyond every double
        return False
