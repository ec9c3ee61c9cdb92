"""The `control` of a connector document: whether it makes sense, and what it says. Pure."""

from collections.abc import Iterator
from typing import Any

from devices.connectors.pull import meaning
from devices.connectors.pull.control import Control, Reading, Term, Wording
from devices.connectors.pull.faults import Fault
from devices.connectors.pull.units import UNITS, units_of
from devices.kind import Parameter
from devices.kinds import command_of
from devices.values import Choice, Instant, Quantity

Json = dict[str, Any]
OF_COMMAND = {"device", "command", "verb", "parameters"}


def faults(raw: Json) -> Iterator[Fault]:
    control = raw.get("control")
    if control is None:
        return
    yield from meaning.paths(control.get("answer", {}), ("status", "code", "detail"), "control.answer")
    for name in ("ask", "cancel"):
        if name in control:
            yield from _used(raw, control[name], {"device", "command"}, at=f"control.{name}")
    for slug, wording in control["commands"].items():
        yield from _wording(raw, slug, wording, at=f"control.commands.{slug}")


def control_of(raw: Json) -> Control | None:
    control = raw.get("control")
    if control is None:
        return None
    return Control(
        wordings={slug: _read(each) for slug, each in control["commands"].items()},
        reading=Reading(**control.get("answer", {})),
        ask=control.get("ask", ""),
        cancel=control.get("cancel", ""),
        repeats_are_safe=control.get("repeats_are_safe", False),
    )


def _read(raw: Json) -> Wording:
    parameters = {name: _term(each) for name, each in raw.get("parameters", {}).items()}
    verb = raw.get("verb", "")
    return Wording(raw["call"], Term(value=verb) if isinstance(verb, str) else _term(verb), parameters)


def _term(raw: Any) -> Term:
    if isinstance(raw, str):
        return Term(of=raw)
    return Term(**{{"from": "of"}.get(name, name): value for name, value in raw.items()})


def _wording(raw: Json, slug: str, wording: Json, *, at: str) -> Iterator[Fault]:
    command = command_of(slug)
    if command is None:
        yield Fault(at, "unknown_command", "There is no such command in the registry.")
        return
    known = OF_COMMAND | set(wording.get("parameters", {}))
    yield from _used(raw, wording["call"], known, at=f"{at}.call", of_type=slug.split(":")[0])
    terms = {f"{at}.parameters.{name}": each for name, each in wording.get("parameters", {}).items()}
    if isinstance(wording.get("verb"), dict):
        terms[f"{at}.verb"] = wording["verb"]
    for place, each in terms.items():
        term = {"from": each} if isinstance(each, str) else each
        if "value" in term:
            continue
        if (parameter := command.parameter(term.get("from", ""))) is None:
            named = ", ".join(each.name for each in command.parameters)
            yield Fault(place, "unknown_field", f"{slug} has no parameter {term.get('from')}. It has {named}.")
        else:
            yield from _fits(parameter, term, at=place)


def _fits(parameter: Parameter, term: Json, *, at: str) -> Iterator[Fault]:
    match parameter.value:
        case Quantity(unit=unit):
            if (given := term.get("unit")) is not None and (given not in UNITS or given not in units_of(unit)):
                yield Fault(f"{at}.unit", "wrong_unit", f"Use one of {', '.join(units_of(unit))}.")
            elif given is None and "°F" in unit:
                yield Fault(f"{at}.unit", "required", f"Say which degrees it takes: {', '.join(units_of(unit))}.")
        case Choice(values=values):
            for key in term.get("map", {}):
                if key not in values:
                    yield Fault(f"{at}.map.{key}", "invalid", f"Must be one of {', '.join(values)}.")
        case Instant():
            if "times" not in term:
                yield Fault(f"{at}.times", "required", "Say how it writes times: iso, epoch, epoch_ms or date.")


def _used(raw: Json, name: str, names: set[str], *, at: str, of_type: str = "") -> Iterator[Fault]:
    """By every kind of device that it may be for: what they keep is known."""
    kept = {each for step in raw.get("discovery", []) for each in step.get("keep", {})}
    for entry in raw["devices"]:
        if of_type in ("", entry.get("type")):
            yield from meaning.use(raw, name, names | kept | set(entry.get("keep", {})), at=at)
