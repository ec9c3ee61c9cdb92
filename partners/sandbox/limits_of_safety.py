"""Reading a command's parameters within what the device can stand; each refusal names the limit and the remedy."""

from math import isfinite
from typing import Any

from partners.sandbox.clock import from_wire
from partners.sandbox.refusals import invalid

COLDEST_C, WARMEST_C = 7.0, 35.0
LEAST_APART_C = 1.5


def check(holds: bool, name: str, message: str, *, remedy: str = "Send a value within the limits.") -> None:
    if not holds:
        raise invalid(name, message, remedy=remedy, status=422)


def number(given: dict[str, Any], name: str, *, least: float, most: float, default: float | None = None) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise invalid(name, f"{name} must be a number.")
    remedy = f"Send a value from {least:g} to {most:g}."
    check(least <= value <= most, name, f"{value:g} is outside {least:g} to {most:g} for this device.", remedy=remedy)
    return float(value)


def choice(given: dict[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = given.get(name)
    if not isinstance(value, str) or value not in choices:
        raise invalid(name, f"{name} must be one of {', '.join(choices)}.")
    return value


def targets(given: dict[str, Any], *, heat_c: float, cool_c: float) -> tuple[float, float]:
    heat = number(given, "heat_c", least=COLDEST_C, most=WARMEST_C, default=heat_c)
    cool = number(given, "cool_c", least=COLDEST_C, most=WARMEST_C, default=cool_c)
    apart = f"cool_c must be at least {LEAST_APART_C:g} above heat_c, which is {heat:g}."
    check(cool - heat >= LEAST_APART_C - 1e-9, "cool_c", apart, remedy="Move the two apart.")
    return heat, cool


def instant(given: dict[str, Any], name: str, *, after: float, within_seconds: float) -> float:
    try:
        value = from_wire(given[name])
    except (KeyError, ValueError, TypeError) as fault:
        raise invalid(name, f"{name} must be an RFC 3339 timestamp with an offset.") from fault
    message = f"{name} must be in the future, and within {within_seconds / 3600:g} hours."
    check(after < value <= after + within_seconds, name, message)
    return value
