"""A document tried against one answer: what it reads there, in units, and what it cannot read. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices.connectors.pull.documents import Call, Document, Entry
from devices.connectors.pull.faults import Fault
from devices.connectors.pull.finding import Found, Kept, devices_in, items_of, kept_of
from devices.connectors.pull.observing import Observation, by_device, observe, observe_item, observe_past
from devices.kinds import KINDS
from devices.values import Quantity
from texture_portal.clock import to_wire

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Reading:
    """`of` says which entry of the document read what; `observation` is what would be kept."""

    of: str
    type: str
    observation: Observation

    @property
    def observed(self) -> str | None:
        instant = self.observation.observed_at
        return None if instant is None else to_wire(instant)

    def rows(self) -> Iterator[tuple[str, Any, str]]:
        """Fields, values and units; fields of the type that the answer did not tell are null."""
        for known in KINDS[self.type].fields:  # type: ignore[index]
            unit = known.value.unit if isinstance(known.value, Quantity) else ""
            yield known.name, self.observation.state.get(known.name), unit


@dataclass(slots=True)
class Trial:
    devices: list[Found] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def attempt(document: Document, call_name: str, answer: Any, *, kept: Kept, now: datetime) -> Trial:
    """The answer of that call, wherever the document uses it. Raises LookupError for a call that there is not."""
    call, trial = document.calls[call_name], Trial()
    _discovery(document, call, answer, kept, trial)
    for entry in document.entries:
        for reading in _readings(entry, call, answer, kept=kept, now=now):
            trial.readings.append(reading)
    _leave_out_other_kinds(trial)
    trial.faults = list(dict.fromkeys(trial.faults))
    if not (trial.devices or trial.kept or trial.readings or trial.faults):
        trial.faults.append(Fault(f"calls.{call_name}", "unused", "Nothing in the document reads this call's answer."))
    return trial


def _leave_out_other_kinds(trial: Trial) -> None:
    """A call that tells of any device is read by every kind: those that find nothing are not what it was about."""
    told = [reading for reading in trial.readings if reading.observation.state]
    trial.readings = told or trial.readings
    trial.faults += [fault for reading in trial.readings for fault in reading.observation.faults]


def _discovery(document: Document, call: Call, answer: Any, kept: Kept, trial: Trial) -> None:
    for number, step in enumerate(document.discovery):
        if step.call != call.name:
            continue
        items, faults = items_of(call, answer)
        trial.faults += faults
        for item in items[:MOST_SHOWN]:
            own, faults = kept_of(step, item, before=kept, at=f"discovery[{number}]")
            trial.faults += faults
            if number < len(document.discovery) - 1:
                trial.kept.append(own)
                continue
            found, faults = devices_in(document, item, kept=own)
            trial.devices += found
            trial.faults += faults


def _readings(entry: Entry, call: Call, answer: Any, *, kept: Kept, now: datetime) -> Iterator[Reading]:
    if entry.state.call == call.name:
        yield Reading(f"{entry.at}.state", entry.type, observe(entry, answer, kept=kept, received_at=now))
    if call.name in entry.state.also:
        seen = observe(entry, answer, kept=kept, received_at=now, also={call.name: answer})
        yield Reading(f"{entry.at}.state.also", entry.type, seen)
    if (bulk := entry.state.bulk) and bulk.call == call.name:
        items, _ = items_of(call, answer)
        for name, item in list(by_device(bulk, items).items())[:MOST_SHOWN]:
            seen = observe_item(entry, bulk, item, answer=answer, kept=kept, received_at=now)
            yield Reading(f"{entry.at}.state.bulk, {name}", entry.type, seen)
    if (history := entry.history) and history.call == call.name:
        items, _ = items_of(call, answer)
        for number, item in enumerate(items[:MOST_SHOWN]):
            seen = observe_past(history, entry, item, answer=answer, kept=kept, received_at=now)
            yield Reading(f"{entry.at}.history, item {number}", entry.type, seen)
