"""What is asked for one purpose, call after call: each errand yields what to ask and is sent what was told. Pure.

Whoever runs one (`devices/polling/driving`, or a page to try a document) knows of limits, tokens and sockets.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices.connectors.pull import asking, paging
from devices.connectors.pull.asking import Asked, Names, UnknownNameError
from devices.connectors.pull.documents import Call, Document, Entry, State
from devices.connectors.pull.faults import Fault
from devices.connectors.pull.finding import Found, Kept, devices_in, items_of, kept_of
from devices.connectors.pull.instants import asked as written
from devices.connectors.pull.meaning import NAME
from devices.connectors.pull.observing import Observation, by_device, observe, observe_item, observe_past
from devices.connectors.pull.paths import PathError, search
from devices.connectors.pull.reading import is_true


@dataclass(frozen=True, slots=True)
class Ask:
    call: Call
    asked: Asked


@dataclass(frozen=True, slots=True)
class Told:
    """A good answer, read as JSON."""

    answer: Any
    headers: Mapping[str, str]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """A device that is polled: `entry` is its number in the document."""

    id: str
    entry: int
    kept: Kept
    maker: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    id: str
    observation: Observation


@dataclass(slots=True)
class Outcome:
    """What an errand brought. `missing`: devices that a bulk answer did not have; `steps`: where discovery goes on."""

    seen: list[Seen] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    steps: list[Kept] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class AnswerError(Exception):
    """The answer is not what the document says that it is. `fault` tells where."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


Errand = Generator[Ask, Told, Outcome]


def names_used(document: Document, state: State, *, bulk: bool) -> set[str]:
    """By the calls of a state: devices that have these in common are asked about together."""
    names = [state.bulk.call] if bulk and state.bulk else [state.call, *state.also]
    calls = [document.calls[name] for name in names]
    return {name for call in calls for part in _parts(call) for name in NAME.findall(part)}


def discover(document: Document, *, step: int, kept: Kept) -> Errand:
    """One step for one item of the step before; the last one finds devices."""
    asked, outcome = document.discovery[step], Outcome()
    at, is_last = f"discovery[{step}]", step == len(document.discovery) - 1
    for item in (yield from _items(document.calls[asked.call], kept, outcome)):
        own, faults = kept_of(asked, item[0], before=kept, at=at)
        outcome.faults += faults
        if is_last:
            found, faults = devices_in(document, item[0], kept=own)
            outcome.found += found
            outcome.faults += faults
        else:
            outcome.steps.append(own)
    return outcome


def ask_state(document: Document, devices: Sequence[Known], *, names: Names) -> Errand:
    """By the single call; of several devices (of one site) only where they share all its names."""
    outcome, state = Outcome(), document.entries[devices[0].entry].state
    told = yield from _answer(document.calls[state.call], names, at=state.call)
    also = {}
    for name in state.also:
        also[name] = (yield from _answer(document.calls[name], names, at=name)).answer
    for device in devices:
        entry = document.entries[device.entry]
        seen = observe(entry, told.answer, kept=device.kept, received_at=told.received_at, also=also)
        _note(outcome, device, seen)
    return outcome


def ask_states(document: Document, devices: Sequence[Known], *, names: Names) -> Errand:
    """By the bulk call."""
    outcome = Outcome()
    bulk = document.entries[devices[0].entry].state.bulk
    if bulk is None:
        raise LookupError(f"devices[{devices[0].entry}] has no bulk call")
    waiting = {device.id: device for device in devices}
    for item, told in (yield from _items(document.calls[bulk.call], names, outcome)):
        for name, each in by_device(bulk, [item]).items():
            if (device := waiting.pop(name, None)) is None:
                continue  # not one of ours to keep
            entry = document.entries[device.entry]
            own = entry.state.bulk or bulk
            seen = observe_item(
                entry, own, each, answer=told.answer, kept=device.kept, received_at=told.received_at
            )  # fmt: skip
            _note(outcome, device, seen)
    outcome.missing += waiting
    return outcome


def ask_history(document: Document, device: Known, *, start: datetime, end: datetime) -> Errand:
    outcome, entry = Outcome(), document.entries[device.entry]
    if entry.history is None:
        raise LookupError(f"{entry.at} has no history")
    call = document.calls[entry.history.call]
    names = {**device.kept, "start": written(start, call.times), "end": written(end, call.times)}
    for item, told in (yield from _items(call, names, outcome)):
        seen = observe_past(
            entry.history, entry, item, answer=told.answer, kept=device.kept, received_at=told.received_at
        )  # fmt: skip
        _note(outcome, device, seen)
    return outcome


def of_entry(document: Document, entry: Entry) -> str:
    """`bulk`, `single` or nothing: how states of such devices are asked for. One call for many is preferred."""
    return "bulk" if entry.state.bulk else "single" if entry.state.call else ""


def _note(outcome: Outcome, device: Known, seen: Observation) -> None:
    outcome.faults += seen.faults
    if seen.observed_at is not None:
        outcome.seen.append(Seen(device.id, seen))


def _items(call: Call, names: Names, outcome: Outcome) -> Generator[Ask, Told, list[tuple[Any, Told]]]:
    """Of every page, each with the answer that it came in."""
    found: list[tuple[Any, Told]] = []
    place = paging.first(call)
    for _ in range(paging.MOST_PAGES):
        told = yield from _answer(call, names, at=call.name, place=place)
        items, faults = items_of(call, told.answer)
        outcome.faults += faults
        found += [(item, told) for item in items]
        try:
            place = paging.following(call, told.answer, count=len(items), headers=told.headers, place=place)
        except (paging.PagingError, PathError) as wrong:
            raise AnswerError(Fault(f"calls.{call.name}.pages", "pages_wrong", str(wrong))) from None
        if place is None:
            return found
    raise AnswerError(Fault(f"calls.{call.name}.pages", "pages_endless", f"Over {paging.MOST_PAGES} pages."))


def _answer(call: Call, names: Names, *, at: str, place: asking.Place = None) -> Generator[Ask, Told, Told]:
    try:
        asked = asking.ask(call, names, place=place)
    except UnknownNameError as missing:
        raise AnswerError(
            Fault(f"calls.{call.name}", "name_missing", f"{{{missing}}} was not in the answer that it is kept from.")
        ) from None
    told = yield Ask(call, asked)
    if call.ok and not is_true(search(call.ok, told.answer)):
        raise AnswerError(Fault(f"calls.{call.name}.ok", "refused", f"{call.ok} is not true in this answer."))
    return told


def _parts(call: Call) -> tuple[str, ...]:
    return (call.path, str(call.query), str(call.form), str(call.json))
