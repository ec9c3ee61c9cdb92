"""History: of the oldest day that is required, and of ranges that follow each other."""

from datetime import datetime, timedelta

from devices.certification.bench import Bench, NotNowError, StepError, known
from devices.certification.facts import Past
from devices.certification.steps.sampling import with_history
from devices.connectors.pull import errands
from devices.connectors.pull.finding import Found

DAY = timedelta(days=1)


def ask_oldest_day(bench: Bench, *, days: int, devices: int) -> None:
    """Of devices that were there already; newer ones may have less (§6)."""
    begins = bench.asker.present() - days * DAY
    old = [each for each in _of_each_type(bench) if not _is_newer(each, begins)]
    if not old:
        raise NotNowError(f"No listed device has been in service for {days} days.")
    for each in old[:devices]:
        _ask(bench, each, start=begins, end=begins + DAY)


def ask_following_ranges(bench: Bench, *, ranges: int, devices: int) -> None:
    """Each as long as one call may ask for; the last one ends now."""
    for each in _of_each_type(bench)[:devices]:
        history = bench.document.entries[each.entry].history
        if history is None:
            raise LookupError("devices without history were left out")
        length = timedelta(days=history.days)
        start = bench.asker.present() - ranges * length
        for number in range(ranges):
            _ask(bench, each, start=start + number * length, end=start + (number + 1) * length)


def _ask(bench: Bench, device: Found, *, start: datetime, end: datetime) -> None:
    before = len(bench.asker.calls)
    outcome = bench.asker.walk(errands.ask_history(bench.document, known(device), start=start, end=end))
    pages = sum(1 for call in bench.asker.calls[before:] if call.code == "ok")
    observed = [seen.observation.observed_at for seen in outcome.seen]
    faults = tuple(sorted({fault.code for fault in outcome.faults}))
    told = [instant for instant in observed if instant is not None]
    bench.facts.past.append(Past(device.id, start, end, told, pages, faults))


def _of_each_type(bench: Bench) -> list[Found]:
    """One of each type first, then the others."""
    devices = with_history(bench)
    if not devices:
        raise StepError("no_history", "No listed device has a call of history.")
    first = {each.type: each for each in reversed(devices)}
    return [*first.values(), *(each for each in devices if each not in first.values())]


def _is_newer(device: Found, begins: datetime) -> bool:
    try:
        commissioned = datetime.fromisoformat(device.commissioned)
    except ValueError:
        return False  # the cloud does not say: it is tried
    return commissioned.replace(tzinfo=commissioned.tzinfo or begins.tzinfo) > begins
