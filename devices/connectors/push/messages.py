"""What a message of a stream tells of which device. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices.connectors.pull.documents import Entry
from devices.connectors.pull.faults import Fault
from devices.connectors.pull.finding import items_of
from devices.connectors.pull.observing import observe_item
from devices.connectors.pull.paths import PathError, search
from devices.connectors.pull.reading import is_true
from devices.connectors.push.documents import StreamDocument

LONGEST_ID = 255  # contract §1


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a message. `device` is the id by which its cloud knows it."""

    device: str
    told: Any
    message: Any


@dataclass(frozen=True, slots=True)
class Read:
    """`observed_at` is None where there is no reading, and `faults` say why."""

    device: str
    observed_at: datetime | None
    state: dict[str, Any]
    faults: tuple[Fault, ...] = ()
    counters: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def items_in(document: StreamDocument, message: Any) -> tuple[list[Item], list[Fault]]:
    """Those that tell of a device, by the first of the document's ids that is in them."""
    found, faults = items_of(document.call, message)
    paths = list(dict.fromkeys(entry.id for entry in document.document.entries))
    return [Item(name, each, message) for each in found if (name := _name(paths, each))], faults


def read(
    document: StreamDocument, items: Iterable[Item], *, types: Mapping[str, str], received_at: datetime
) -> Iterator[Read]:
    """Each by the entry of its device's type, which only the portal knows: a stream tells states, and not kinds.

    Of a device that is not in `types` nothing is read but that it was told of.
    """
    for item in items:
        kind = types.get(item.device)
        if kind is None:
            yield Read(item.device, received_at, {})
        elif entry := _entry(document, kind, item.told):
            bulk = entry.state.bulk
            if bulk is None:
                raise LookupError(f"{entry.at} is not read from the stream")
            seen = observe_item(entry, bulk, item.told, answer=item.message, kept={}, received_at=received_at)
            yield Read(item.device, seen.observed_at, seen.state, seen.faults, seen.counters)
        else:
            fault = Fault("devices", "type_missing", f"No entry says how a {kind} is read.")
            yield Read(item.device, None, {}, (fault,))


def _entry(document: StreamDocument, kind: str, told: Any) -> Entry | None:
    of_type = [entry for entry in document.document.entries if entry.type == kind]
    return next((entry for entry in of_type if not entry.where or _holds(entry.where, told)), None)


def _holds(path: str, told: Any) -> bool:
    try:
        return is_true(search(path, told))
    except PathError:
        return False


def _name(paths: Iterable[str], told: Any) -> str:
    for path in paths:
        try:
            found = search(path, told)
        except PathError:
            continue
        if isinstance(found, str | int) and not isinstance(found, bool) and 0 < len(str(found)) <= LONGEST_ID:
            return str(found).replace("\x00", "")
    return ""
