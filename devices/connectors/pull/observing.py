"""The states that answers tell of known devices. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices.connectors.pull.documents import Bulk, Entry, History, Rule
from devices.connectors.pull.faults import Fault
from devices.connectors.pull.finding import Kept, with_kept
from devices.connectors.pull.instants import Clock, instant
from devices.connectors.pull.paths import PathError, search
from devices.connectors.pull.reading import Counted, read


@dataclass(frozen=True, slots=True)
class Observation:
    """`observed_at` is None where there is no reading, and `faults` say why. Fields that were not told are left out.

    `counters`: of fields that count since the last update, what stood there (devices/telemetry/counters).
    """

    observed_at: datetime | None
    state: dict[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    counters: dict[str, tuple[float, ...]] = field(default_factory=dict)


def observe(
    entry: Entry, answer: Any, *, kept: Kept, received_at: datetime, also: Mapping[str, Any] | None = None
) -> Observation:
    """Of the answer of the state's own call."""
    return _told(entry, answer, entry.state.root, kept=kept, also=also or {}, received_at=received_at)


def observe_item(entry: Entry, bulk: Bulk, item: Any, *, answer: Any, kept: Kept, received_at: datetime) -> Observation:
    """Of one item of a bulk call's `answer`."""
    return _told(entry, item, bulk.root, kept=kept, also={"answer": answer}, received_at=received_at)


def by_device(bulk: Bulk, items: Iterable[Any]) -> dict[str, Any]:
    """Items of a bulk call, by the device's id; those without one are nobody's."""
    found = {}
    for item in items:
        try:
            name = search(bulk.id, item)
        except PathError:
            continue
        if isinstance(name, str | int) and not isinstance(name, bool):
            found[str(name)] = item
    return found


def observe_past(
    history: History, entry: Entry, item: Any, *, answer: Any, kept: Kept, received_at: datetime
) -> Observation:
    """Of one item of a history call's `answer`."""
    return _observation(
        history.rules, history.clock, with_kept(item, kept, answer=answer),
        at=f"{entry.at}.history", received_at=received_at,
    )  # fmt: skip


def _told(
    entry: Entry, answer: Any, path: str, *, kept: Kept, also: Mapping[str, Any], received_at: datetime
) -> Observation:
    at = f"{entry.at}.state"
    try:
        root = search(path, answer) if path else answer
    except PathError as fault:
        return Observation(None, faults=(Fault(f"{at}.root", "path_failed", str(fault)),))
    if root is None:
        return Observation(None, faults=(Fault(f"{at}.root", "state_missing", f"There is nothing at {path or '@'}."),))
    return _observation(
        entry.rules, entry.clock, with_kept(root, kept, **also), at=entry.at, received_at=received_at
    )  # fmt: skip


def _observation(rules: tuple[Rule, ...], clock: Clock, root: Any, *, at: str, received_at: datetime) -> Observation:
    observed_at = instant(clock, root, received_at=received_at, at=f"{at}.observed_at")
    state, faults = read(rules, root)
    counters = _take_out(state)
    told = {name: value for name, value in state.items() if value is not None}
    if isinstance(observed_at, Fault):
        return Observation(None, told, (observed_at, *faults))
    if not told and not counters:
        faults.append(Fault(f"{at}.fields", "nothing_found", "None of the fields is in this answer."))
        return Observation(None, told, tuple(faults))
    return Observation(observed_at, told, tuple(faults), counters)


def _take_out(state: dict[str, Any], within: str = "") -> dict[str, tuple[float, ...]]:
    """The counters among the values, by their flat names; a value stands for none of them."""
    found: dict[str, tuple[float, ...]] = {}
    for name, value in state.items():
        if isinstance(value, Counted):
            found[f"{within}{name}"] = value.parts
            state[name] = None
        elif isinstance(value, dict):
            found |= _take_out(value, f"{within}{name}.")
    return found
