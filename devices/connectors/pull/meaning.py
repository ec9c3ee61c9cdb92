"""Whether a well-formed document makes sense: paths, names of calls and of what is kept, fields, units. Pure."""

import difflib
import re
from collections.abc import Collection, Iterator
from typing import Any

from devices.connectors.pull.faults import Fault
from devices.connectors.pull.paths import PathError, compiled
from devices.connectors.pull.units import UNITS, units_of
from devices.kind import DeviceType, Field
from devices.kinds import KINDS, RATINGS, unit_of_rating
from devices.values import Choice, Flag, Quantity, StateOf

NAME = re.compile(r"\{([a-z][a-z0-9_]*)\}")
PATHS_OF_DEVICE = ("each", "where", "id", "serial_number", "manufacturer", "model", "name", "site", "commissioned")
PATHS_OF_FIELD = ("path", "plus", "minus", "times", "when")
FOR_NUMBERS = {"plus", "minus", "times", "scale", "unit", "flip", "zero_within", "sign"}
OF_DEVICE, OF_HISTORY = frozenset({"device"}), frozenset({"device", "start", "end"})
Json = dict[str, Any]


def faults(raw: Json) -> list[Fault]:
    """`raw` has its common members in each of its devices."""
    kept: set[str] = set()
    found = [*_calls(raw["calls"]), *_discovery(raw, kept)]
    for number, entry in enumerate(raw["devices"]):
        found += _entry(raw, entry, kept=kept, at=f"devices[{number}]")
    return list(dict.fromkeys(found))


def _calls(calls: dict[str, Json]) -> Iterator[Fault]:
    for name, call in calls.items():
        at = f"calls.{name}"
        yield from paths(call, ("items", "ok"), at)
        pages = call.get("pages", {})
        yield from paths(pages, ("next",), f"{at}.pages")
        if pages.get("by") in ("page", "offset") and "items" not in call:
            yield Fault(f"{at}.items", "required", "Pages end where items are few: say where they are in the answer.")
        if "form" in call and "json" in call:
            yield Fault(at, "invalid", "A call has a form or a JSON body, not both.")
        if call.get("method", "GET") == "GET" and ("form" in call or "json" in call):
            yield Fault(f"{at}.method", "invalid", "A body goes with POST only.")


def _discovery(raw: Json, kept: set[str]) -> Iterator[Fault]:
    """`kept` grows by what each step keeps."""
    for number, step in enumerate(raw.get("discovery", [])):
        at = f"discovery[{number}]"
        yield from use(raw, step["call"], kept, at=f"{at}.call")
        yield from paths(step.get("keep", {}), step.get("keep", {}), f"{at}.keep")
        kept |= set(step.get("keep", {}))


def _entry(raw: Json, entry: Json, *, kept: set[str], at: str) -> Iterator[Fault]:
    if "type" not in entry or "id" not in entry:
        missing = "type" if "type" not in entry else "id"
        yield Fault(f"{at}.{missing}", "required", "Every device needs its type and its id, here or in `common`.")
        return
    known = kept | set(entry.get("keep", {}))
    yield from paths(entry, PATHS_OF_DEVICE, at)
    yield from paths(entry.get("keep", {}), entry.get("keep", {}), f"{at}.keep")
    yield from _ratings(entry.get("ratings", {}), at=f"{at}.ratings")
    yield from _state(raw, entry.get("state", {}), known, at=f"{at}.state")
    yield from _told(entry, at=at, is_asked=bool(entry.get("state")))
    if history := entry.get("history"):
        yield from use(raw, history["call"], known | OF_HISTORY, at=f"{at}.history.call")
        yield from _told({**entry, **history, "type": entry["type"]}, at=f"{at}.history", is_asked=True)


def _ratings(ratings: Json, *, at: str) -> Iterator[Fault]:
    for name, raw in ratings.items():
        place = f"{at}.{name}"
        if name not in RATINGS:
            yield Fault(place, "unknown_field", f"There is no such rating. There are {', '.join(RATINGS)}.")
            continue
        given: Json = {"path": raw} if isinstance(raw, str) else raw
        yield from paths(given, ("path",), place)
        yield from _number(given, unit_of_rating(name), at=place)


def _state(raw: Json, state: Json, known: set[str], *, at: str) -> Iterator[Fault]:
    yield from paths(state, ("root",), at)
    if "call" in state:
        yield from use(raw, state["call"], known | OF_DEVICE, at=f"{at}.call")
    elif "bulk" not in state and state:
        yield Fault(f"{at}.call", "required", "Say which call answers with one device's state, or a `bulk`.")
    for number, name in enumerate(state.get("also", [])):
        yield from use(raw, name, known | OF_DEVICE, at=f"{at}.also[{number}]")
    if bulk := state.get("bulk"):
        yield from use(raw, bulk["call"], known, at=f"{at}.bulk.call")
        yield from paths(bulk, ("id", "root"), f"{at}.bulk")


def _told(entry: Json, *, at: str, is_asked: bool) -> Iterator[Fault]:
    yield from paths(entry.get("observed_at", {}), ("path", "zone"), f"{at}.observed_at")
    yield from _fields(DeviceType(entry["type"]), entry.get("fields", {}), at=f"{at}.fields")
    if is_asked and "observed_at" not in entry:
        yield Fault(
            f"{at}.observed_at", "required",
            'Say where the answer tells when it was observed; {"form": "received"} only where it does not.',
        )  # fmt: skip


def _fields(kind: DeviceType, fields: Json, *, at: str) -> Iterator[Fault]:
    for name, raw in fields.items():
        place, found = f"{at}.{name}", KINDS[kind].field(name)
        if found is None:
            known = [each.name for each in KINDS[kind].fields]
            close = difflib.get_close_matches(name, known, n=1) or known
            yield Fault(place, "unknown_field", f"A {kind} has no such field. It has {', '.join(close)}.")
        elif isinstance(found.value, StateOf):
            if isinstance(raw, str) or "fields" not in raw:
                yield Fault(place, "invalid", f'Holds the state of a {found.value.type}: {{"fields": {{…}}}}.')
            else:
                yield from paths(raw, ("when",), place)
                yield from _fields(DeviceType(found.value.type), raw["fields"], at=f"{place}.fields")
        elif isinstance(raw, dict) and "fields" in raw:
            yield Fault(place, "invalid", "Is a value of its own and holds no fields: give a path.")
        else:
            yield from _field(found, {"path": raw} if isinstance(raw, str) else raw, at=place)


def _field(field: Field, raw: Json, *, at: str) -> Iterator[Fault]:
    yield from paths(raw, PATHS_OF_FIELD, at)
    if raw.get("counter"):
        yield from _counter(field, raw, at=at)
    match field.value:
        case Quantity(unit=unit):
            yield from _number(raw, unit, at=at)
        case Choice(values=values):
            yield from _choice(raw, values, at=at)
        case Flag():
            for name in FOR_NUMBERS & set(raw):
                yield Fault(f"{at}.{name}", "invalid", "The field is true or false: a `map` may say what is which.")
            for key, value in raw.get("map", {}).items():
                if isinstance(value, str):
                    yield Fault(f"{at}.map.{key}", "invalid", "Must be true, false or null, without quotes.")


def _counter(field: Field, raw: Json, *, at: str) -> Iterator[Fault]:
    if not field.adds_up:
        yield Fault(f"{at}.counter", "invalid", "Only what counts since the last update is read off a counter.")
    if "times" in raw:
        yield Fault(f"{at}.times", "invalid", "Counters are added and taken from each other, and not multiplied.")


def _number(raw: Json, unit: str, *, at: str) -> Iterator[Fault]:
    if "map" in raw or "sign" in raw:
        yield Fault(at, "invalid", f"The field is a number in {unit}: it has neither `map` nor `sign`.")
    if (given := raw.get("unit")) is None:
        if "°F" in unit:
            yield Fault(f"{at}.unit", "required", f"Say which degrees these are: {', '.join(units_of(unit))}.")
    elif given not in UNITS:
        close = difflib.get_close_matches(given, UNITS, n=1) or units_of(unit)
        yield Fault(f"{at}.unit", "unknown_unit", f"There is no unit {given}. Use {', '.join(close)}.")
    elif given not in units_of(unit):
        yield Fault(f"{at}.unit", "wrong_unit", f"{given} does not become {unit}; {', '.join(units_of(unit))} do.")


def _choice(raw: Json, values: Collection[str], *, at: str) -> Iterator[Fault]:
    if "map" not in raw and "sign" not in raw:
        yield Fault(
            f"{at}.map", "required",
            f"Say which of the vendor's values is which of {', '.join(values)}; or `sign` for a number's sign.",
        )  # fmt: skip
    for member in ("map", "sign"):
        for key, value in raw.get(member, {}).items():
            if value is not None and value not in values:
                yield Fault(f"{at}.{member}.{key}", "invalid", f"Must be one of {', '.join(values)}.")


def use(raw: Json, name: str, known: Collection[str], *, at: str) -> Iterator[Fault]:
    """That the call is there, and has everything that its request names."""
    call = raw["calls"].get(name)
    if call is None:
        close = difflib.get_close_matches(name, raw["calls"], n=1) or list(raw["calls"])
        yield Fault(at, "unknown_call", f"There is no call {name}. There is {', '.join(close)}.")
        return
    asked = {each for part in ("path", "query", "form", "json") for each in NAME.findall(str(call.get(part, "")))}
    for each in sorted(asked - set(known)):
        yield Fault(
            f"calls.{name}", "unknown_name",
            f"{{{each}}} is not known where {at} makes this call. Names come from `keep`; "
            f"known there: {', '.join(sorted(known)) or 'nothing'}.",
        )  # fmt: skip


def paths(raw: Json, names: Collection[str], at: str) -> Iterator[Fault]:
    for name in names:
        given = raw.get(name, [])
        for path in [given] if isinstance(given, str) else given:
            try:
                compiled(path)
            except PathError as fault:
                yield Fault(f"{at}.{name}", "path_invalid", f"{path!r} is no JMESPath: {fault}")
