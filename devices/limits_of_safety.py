"""What is constrained rather than refused: inputs are clipped to ratings, to the reserve, to the energy there is. Pure.

Each constraint gives the input as it may be sent and what it clipped, or raises `BeyondError` where nothing is left.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import floor
from typing import Any

from devices.kind import Command, Parameter, Rated

Input = dict[str, Any]
Ratings = Mapping[str, float]
State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Clip:
    """`asked` is None where the parameter was not given and the rule put it in."""

    parameter: str
    asked: Any
    sent: Any
    rule: str


class BeyondError(Exception):
    """Nothing is left of what was asked. `rule` names why, the message says it to people."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(detail)
        self.rule = rule


Constrained = tuple[Input, list[Clip]]
Constraint = Callable[..., Constrained]


def within_ratings(command: Command, given: Input, *, ratings: Ratings, state: State) -> Constrained:
    clips: list[Clip] = []
    for parameter in command.parameters:
        value = given.get(parameter.name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            clips += _clip(given, parameter.name, _rated(parameter, value, ratings), "ratings")
    return _with(given, clips), clips


def reserve_kept(command: Command, given: Input, *, ratings: Ratings, state: State) -> Constrained:
    """`battery:set-reserve`: never below the customer's own."""
    own = _number(state, "backupReserve")
    clips = [] if own is None else _clip(given, "chargePercentage", max(given["chargePercentage"], own), "reserve")
    return _with(given, clips), clips


def mode_keeps_reserve(command: Command, given: Input, *, ratings: Ratings, state: State) -> Constrained:
    """`battery:set-operating-mode`: it discharges no further than the customer's own reserve."""
    own, least = _number(state, "backupReserve"), given.get("minimumBatteryReserve")
    clips: list[Clip] = []
    if own is not None and given["operatingMode"] != "reset" and (
        least is not None or given["operatingMode"] == "discharge"
    ):  # fmt: skip
        clips = _clip(given, "minimumBatteryReserve", own if least is None else max(least, own), "reserve")
    made = _with(given, clips)
    floor_percent, ceiling = made.get("minimumBatteryReserve"), made.get("maximumBatteryReserve")
    if floor_percent is not None and ceiling is not None and ceiling < floor_percent:
        raise BeyondError("reserve", "It would charge no further than below the customer's own reserve.")
    if made["operatingMode"] == "discharge" and floor_percent is not None:
        _check_above(floor_percent, ratings, state)
    return made, clips


def power_keeps_reserve(command: Command, given: Input, *, ratings: Ratings, state: State) -> Constrained:
    """`battery:set-power`: no longer than until the reserve is reached, or the battery is full."""
    power, seconds = given["power"], given["durationSeconds"]
    held, own = charge_percentage(ratings, state), _number(state, "backupReserve")
    capacity = ratings.get("energyCapacityWh")
    if power > 0 and own is not None:
        _check_above(own, ratings, state)
        room = None if held is None else held - own
    elif power < 0:
        if held is not None and held >= 100:
            raise BeyondError("full", "The battery is full.")
        room = None if held is None else 100 - held
    else:
        room = None
    if room is None or not capacity:
        return given, []
    longest = floor(capacity * room / 100 / abs(power) * 3600)
    if longest < 1:
        raise BeyondError("reserve" if power > 0 else "full", "There is not a second of it left.")
    clips = _clip(given, "durationSeconds", min(seconds, longest), "reserve" if power > 0 else "full")
    return _with(given, clips), clips


_OF: dict[str, tuple[Constraint, ...]] = {
    "battery:set-reserve": (reserve_kept,),
    "battery:set-operating-mode": (mode_keeps_reserve,),
    "battery:set-power": (power_keeps_reserve,),
}


def of_command(slug: str) -> tuple[Constraint, ...]:
    return _OF.get(slug, ())


def charge_percentage(ratings: Ratings, state: State) -> float | None:
    told = _number(state, "chargePercentage")
    if told is not None:
        return told
    energy, capacity = _number(state, "charge"), ratings.get("energyCapacityWh")
    return None if energy is None or not capacity else min(100.0, energy / capacity * 100)


def merged(clips: list[Clip]) -> tuple[Clip, ...]:
    """Of what was clipped twice: what was asked first, and what is sent at last."""
    last: dict[str, Clip] = {}
    for clip in clips:
        first = last.get(clip.parameter)
        last[clip.parameter] = clip if first is None else Clip(clip.parameter, first.asked, clip.sent, clip.rule)
    return tuple(last.values())


def _check_above(percent: float, ratings: Ratings, state: State) -> None:
    held = charge_percentage(ratings, state)
    if held is not None and held <= percent:
        raise BeyondError("reserve", f"The battery holds no more than the {percent:g} % that it keeps in reserve.")


def _rated(parameter: Parameter, value: float, ratings: Ratings) -> float:
    least, most = _bound(parameter.least, ratings), _bound(parameter.most, ratings)
    if least is not None and most is not None and least > most:
        raise BeyondError("ratings", f"The device's ratings leave no {parameter.name}.")
    value = value if least is None else max(value, least)
    return value if most is None else min(value, most)


def _bound(rated: Rated | None, ratings: Ratings) -> float | None:
    return ratings[rated.rating] * rated.factor if rated and rated.rating in ratings else None


def _clip(given: Input, name: str, sent: Any, rule: str) -> list[Clip]:
    asked = given.get(name)
    return [] if asked is not None and asked == sent else [Clip(name, asked, sent, rule)]


def _with(given: Input, clips: list[Clip]) -> Input:
    return {**given, **{clip.parameter: clip.sent for clip in clips}}


def _number(state: State, name: str) -> float | None:
    value = state.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
