"""Enough calls of one category to say what its p95 is, sent as polling and dispatch send them: at once."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle, islice

from devices.certification.bench import Bench, StepError, names_of
from devices.certification.steps.commanding import harmless_asks
from devices.connectors.pull.errands import Ask
from devices.connectors.pull.finding import Found
from devices.connectors.pull.instants import asked as written

DAY = timedelta(days=1)


def sample_calls(bench: Bench, *, category: str, times: int) -> None:
    """Over all listed devices in turn."""
    of_category = {"telemetry": _states, "historical": _days, "control": harmless_asks}
    asks = list(islice(cycle(of_category[category](bench)), times))
    if not asks:
        raise StepError("nothing_to_ask", f"No listed device has a call of {category}.")
    bench.asker.together(asks)


def _states(bench: Bench) -> list[Ask]:
    found: list[Ask] = []
    for device in bench.listed():
        state = bench.document.entries[device.entry].state
        if state.call:
            found.append(bench.ask_of(state.call, names_of(device)))
        elif state.bulk:
            found.append(bench.ask_of(state.bulk.call, dict(device.kept)))
    return found


def _days(bench: Bench) -> list[Ask]:
    """Yesterday of each."""
    return [bench.ask_of(call, names) for call, names in _yesterdays(bench)]


def _yesterdays(bench: Bench) -> Iterator[tuple[str, dict[str, object]]]:
    end = bench.asker.present()
    for device in with_history(bench):
        history = bench.document.entries[device.entry].history
        if history is not None:
            times = bench.document.calls[history.call].times
            yield history.call, {**names_of(device), "start": written(end - DAY, times), "end": written(end, times)}


def with_history(bench: Bench) -> list[Found]:
    return [each for each in bench.listed() if bench.document.entries[each.entry].history is not None]
