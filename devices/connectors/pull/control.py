"""Commands in a cloud's own words: how one is put, and what its answers mean. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices.connectors.pull.instants import asked as written
from devices.connectors.pull.paths import PathError, search
from devices.connectors.pull.units import DECIMALS, UNITS

Input = Mapping[str, Any]
ACCEPTED, IN_PROGRESS, COMPLETE, FAILED, REJECTED = "accepted", "in_progress", "complete", "failed", "rejected"
STATUSES = (ACCEPTED, IN_PROGRESS, COMPLETE, FAILED, REJECTED)


class UntranslatableError(ValueError):
    """The document has no words for this. The message says for what."""


@dataclass(frozen=True, slots=True)
class Term:
    """One value of the cloud's: ours by the name `of`, in its unit and by its names; or always `value`."""

    of: str = ""
    unit: str | None = None
    flip: bool = False
    map: Mapping[str, Any] | None = None
    times: str = ""
    value: Any = None


@dataclass(frozen=True, slots=True)
class Wording:
    """A command of ours as one of theirs."""

    call: str
    verb: Term
    parameters: Mapping[str, Term]


@dataclass(frozen=True, slots=True)
class Reading:
    """Where an answer says how it stands. Without `status`, a good answer means `usual`."""

    status: str = ""
    map: Mapping[str, str] = field(default_factory=dict)
    usual: str = ACCEPTED
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """`ask` and `cancel` are calls. `repeats_are_safe`: the cloud does nothing twice for one {command}."""

    wordings: Mapping[str, Wording]
    reading: Reading = Reading()
    ask: str = ""
    cancel: str = ""
    repeats_are_safe: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """`status` None: the answer does not say. `said` is the cloud's code and words."""

    status: str | None
    said: dict[str, Any] | None = None


def names_of(wording: Wording, given: Input) -> dict[str, Any]:
    """What the call's request may name: {verb}, {parameters}, and each parameter. Raises `UntranslatableError`."""
    put = {name: _put(term, given) for name, term in wording.parameters.items()}
    parameters = {name: value for name, value in put.items() if value is not None}
    return {**parameters, "verb": _put(wording.verb, given), "parameters": parameters}


def read(reading: Reading, answer: Any) -> Told:
    """Of a good answer."""
    said = words(reading, answer)
    if not reading.status:
        return Told(reading.usual, said)
    found = _found(reading.status, answer)
    return Told(reading.map.get(str(found)), said)


def words(reading: Reading, answer: Any) -> dict[str, Any] | None:
    """The cloud's own code and words, of any answer."""
    told = {"code": _found(reading.code, answer), "detail": _found(reading.detail, answer)}
    return {name: str(value)[:2000] for name, value in told.items() if value is not None} or None


def _found(path: str, answer: Any) -> Any:
    try:
        return search(path, answer) if path else None
    except PathError:
        return None


def _put(term: Term, given: Input) -> Any:
    if not term.of:
        return term.value
    value = given.get(term.of)
    if value is None:
        return None
    if term.map is not None:
        if str(value) not in term.map:
            raise UntranslatableError(f"The document has no words for {term.of} {value}.")
        return term.map[str(value)]
    if term.times:
        return written(datetime.fromisoformat(str(value).upper()), term.times)
    return _measured(term, value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _measured(term: Term, number: float) -> float:
    """The other way round than readings come: from our unit to theirs."""
    if term.unit is not None:
        _, factor, added = UNITS[term.unit]
        number = round((number - added) / factor, DECIMALS)
    return (-number if term.flip else number) + 0.0 if term.flip or term.unit else number
