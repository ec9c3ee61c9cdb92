"""The devices within an item of an answer, as discovery comes to it (§10). Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devices.connectors.pull.documents import Call, Document, Entry, Step
from devices.connectors.pull.faults import Fault, shown
from devices.connectors.pull.paths import PathError, search
from devices.connectors.pull.reading import is_true
from devices.kind import DeviceType

LONGEST_ID = 255  # contract §1
Kept = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A device as its cloud lists it. `entry` is the number of the document's entry that it came by."""

    id: str
    type: DeviceType
    entry: int
    serial_number: str = ""
    manufacturer: str = ""
    model: str = ""
    name: str = ""
    site: str = ""
    commissioned: str = ""
    ratings: Mapping[str, float] = field(default_factory=dict)  # by the registry's names, in its units
    kept: Kept = field(default_factory=dict)


def items_of(call: Call, answer: Any) -> tuple[list[Any], list[Fault]]:
    """The list in an answer; an answer without one is one item."""
    if not call.items:
        return (answer if isinstance(answer, list) else [answer]), []
    at = f"calls.{call.name}.items"
    try:
        found = search(call.items, answer)
    except PathError as fault:
        return [], [Fault(at, "path_failed", str(fault))]
    if found is None:
        return [], [Fault(at, "items_missing", f"There is nothing at {call.items}, where a list should be.")]
    return (found if isinstance(found, list) else [found]), []


def kept_of(step: Step, item: Any, *, before: Kept, at: str) -> tuple[Kept, list[Fault]]:
    """What later calls know of this item, beside what was kept before."""
    return _kept(step.keep, with_kept(item, before), before=before, at=f"{at}.keep")


def devices_in(document: Document, item: Any, *, kept: Kept) -> tuple[list[Found], list[Fault]]:
    found: list[Found] = []
    faults: list[Fault] = []
    for entry in document.entries:
        try:
            candidates = _candidates(entry, with_kept(item, kept))
        except PathError as fault:
            faults.append(Fault(f"{entry.at}.each", "path_failed", str(fault)))
            continue
        for candidate in candidates:
            device, told = _device(entry, with_kept(candidate, kept), kept=kept)
            faults += told
            found += [device] if device else []
    return found, faults


def with_kept(item: Any, kept: Kept, **answers: Any) -> Any:
    """What paths start from: the item's own members, what was `kept`, and answers by name (of lists: `answer`)."""
    if isinstance(item, dict):
        return {**item, "kept": kept, **answers}
    return {"item": item, "kept": kept, **answers}


def _candidates(entry: Entry, root: Any) -> list[Any]:
    found = search(entry.each, root) if entry.each else root
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _device(entry: Entry, root: Any, *, kept: Kept) -> tuple[Found | None, list[Fault]]:
    place = entry.at
    try:
        if entry.where and not is_true(search(entry.where, root)):
            return None, []
        name = _text(search(entry.id, root))
        if not 1 <= len(name) <= LONGEST_ID:
            return None, [Fault(f"{place}.id", "id_missing", f"{entry.id} is {shown(search(entry.id, root))}.")]
        told = {
            part: _text(search(path, root))[:LONGEST_ID]
            for part in ("serial_number", "manufacturer", "model", "name", "site", "commissioned")
            if (path := getattr(entry, part))
        }
        rated = {each.name: search(each.path, root) for each in entry.ratings}
    except PathError as fault:
        return None, [Fault(place, "path_failed", str(fault))]
    own, faults = _kept(entry.keep, root, before={**kept, "device": name}, at=f"{place}.keep")
    ratings, wrong = _ratings(entry, rated)
    return Found(name, entry.type, entry.number, **told, ratings=ratings, kept=own), faults + wrong


def _ratings(entry: Entry, told: Mapping[str, Any]) -> tuple[dict[str, float], list[Fault]]:
    """Those that the cloud tells: a rating is a number above nothing."""
    ratings, faults = {}, []
    for rule in entry.ratings:
        value = told[rule.name]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and 0 < (rating := rule.convert(value)) < math.inf:
            ratings[rule.name] = rating
        elif value is not None:
            fault = f"{rule.path} is {shown(value)}; a rating is a number above 0."
            faults.append(Fault(f"{entry.at}.ratings.{rule.name}", "rating_invalid", fault))
    return ratings, faults


def _kept(keep: Mapping[str, str], root: Any, *, before: Kept, at: str) -> tuple[Kept, list[Fault]]:
    kept, faults = dict(before), []
    for name, path in keep.items():
        try:
            value = search(path, root)
        except PathError as fault:
            faults.append(Fault(f"{at}.{name}", "path_failed", str(fault)))
            continue
        if isinstance(value, str | int | float):
            kept[name] = value
        elif value is not None:
            faults.append(Fault(f"{at}.{name}", "not_kept", f"{path} is {shown(value)}; a text or a number is kept."))
    return kept, faults


def _text(value: Any) -> str:
    """Of an identifier: text, or a whole number as it is written."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).replace("\x00", "").strip()
