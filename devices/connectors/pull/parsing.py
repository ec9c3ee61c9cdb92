"""A connector document as JSON, to what it says; or every fault of it, with its place and what to do. Pure."""

import math
from typing import Any

from devices.connectors.pull import control_form, form, meaning
from devices.connectors.pull.documents import (
    Authentication,
    Bulk,
    Call,
    Document,
    Entry,
    History,
    Limit,
    Pages,
    RatingRule,
    Rule,
    State,
    Step,
)
from devices.connectors.pull.faults import DocumentError
from devices.connectors.pull.instants import Clock
from devices.connectors.pull.units import Conversion
from devices.kind import DeviceType
from devices.kinds import KINDS
from devices.values import StateOf

Json = dict[str, Any]


def parse(raw: Any) -> Document:
    """Raises `DocumentError` with every fault."""
    if faults := form.faults(raw) or [*meaning.faults(whole(raw)), *dict.fromkeys(control_form.faults(whole(raw)))]:
        raise DocumentError(faults)
    return _document(whole(raw))


def whole(raw: Json) -> Json:
    """With what is common to its devices in each of them."""
    common = raw.get("common", {})
    return {**raw, "devices": [{**common, **each} for each in raw["devices"]]}


def _document(raw: Json) -> Document:
    return Document(
        name=raw["name"],
        calls={name: _call(name, each) for name, each in raw["calls"].items()},
        entries=tuple(_entry(number, each) for number, each in enumerate(raw["devices"])),
        discovery=tuple(Step(each["call"], each.get("keep", {})) for each in raw.get("discovery", [])),
        authentication=Authentication(**raw.get("authentication", {})),
        limits={name: _limit(each) for name, each in raw.get("limits", {}).items()},
        control=control_form.control_of(raw),
        documentation=raw.get("documentation", {}),
    )


def _limit(raw: Json) -> Limit:
    return Limit(raw["per_second"], raw.get("burst", max(1, math.floor(raw["per_second"]))), raw.get("per_day"))


def _call(name: str, raw: Json) -> Call:
    rest = {key: value for key, value in raw.items() if key != "pages"}
    return Call(name=name, **rest, pages=_pages(raw["pages"]) if "pages" in raw else None)


def _pages(raw: Json) -> Pages:
    first = raw.get("first", 1 if raw["by"] == "page" else 0)
    return Pages(raw["by"], raw.get("send", ""), raw.get("in", "query"), raw.get("next", ""), first, raw.get("size", 0))


def _entry(number: int, raw: Json) -> Entry:
    kind, at = DeviceType(raw["type"]), f"devices[{number}]"
    told = ("id", "each", "where", "serial_number", "manufacturer", "model", "name", "site", "commissioned", "keep")
    clock, fields = raw.get("observed_at", {}), raw.get("fields", {})
    return Entry(
        number=number,
        type=kind,
        clock=Clock(**clock),
        rules=_rules(kind, fields, at=f"{at}.fields"),
        ratings=tuple(_rating(name, each) for name, each in raw.get("ratings", {}).items()),
        state=_state(raw.get("state", {})),
        history=_history(kind, raw, at=at) if "history" in raw else None,
        **{name: raw[name] for name in told if name in raw},
    )


def _rating(name: str, raw: Any) -> RatingRule:
    given: Json = {"path": raw} if isinstance(raw, str) else raw
    return RatingRule(name, given["path"], Conversion(given.get("scale", 1.0), given.get("unit")))


def _state(raw: Json) -> State:
    bulk = raw.get("bulk")
    return State(raw.get("call", ""), raw.get("root", ""), tuple(raw.get("also", ())), Bulk(**bulk) if bulk else None)


def _history(kind: DeviceType, entry: Json, *, at: str) -> History:
    """Told as the state is, but for what it says itself."""
    raw = entry["history"]
    place = f"{at}.history.fields" if "fields" in raw else f"{at}.fields"
    fields = raw.get("fields", entry.get("fields", {}))
    clock = Clock(**raw.get("observed_at", entry.get("observed_at", {})))
    return History(raw["call"], clock, _rules(kind, fields, at=place), raw.get("days", 7.0))


def _rules(kind: DeviceType, fields: Json, *, at: str) -> tuple[Rule, ...]:
    return tuple(_rule(kind, name, raw, at=f"{at}.{name}") for name, raw in fields.items())


def _rule(kind: DeviceType, name: str, raw: Any, *, at: str) -> Rule:
    given: Json = {"path": raw} if isinstance(raw, str) else raw
    found = KINDS[kind].field(name)
    if found is None:
        raise LookupError(f"{at}: a {kind} has no such field, and meaning.faults did not say so")
    if isinstance(found.value, StateOf):
        inner = _rules(DeviceType(found.value.type), given["fields"], at=f"{at}.fields")
        return Rule(at, name, found.value, when=given.get("when", ""), inner=inner)
    plain = {key: given[key] for key in ("path", "when", "map", "sign", "zero_within") if key in given}
    others: Json = {key: _several(given[key]) for key in ("plus", "minus", "times") if key in given}
    convert = Conversion(given.get("scale", 1.0), given.get("unit"), given.get("flip", False))
    absent = tuple(given.get("absent", ()))
    is_counter = given.get("counter", False)
    return Rule(at, name, found.value, convert=convert, absent=absent, is_counter=is_counter, **plain, **others)


def _several(paths: str | list[str]) -> tuple[str, ...]:
    return (paths,) if isinstance(paths, str) else tuple(paths)
