"""The present state of every listed device, read by the connector document."""

from collections import defaultdict

from devices.certification.bench import Bench, known, names_of
from devices.certification.facts import Told
from devices.connectors.pull import errands
from devices.connectors.pull.errands import Outcome
from devices.connectors.pull.finding import Found

MOST_SINGLE = 50  # devices that are asked one by one


def ask_states(bench: Bench) -> None:
    """In bulk where the document has a bulk call, otherwise one by one, of so many."""
    document, devices = bench.document, {each.id: each for each in bench.listed()}
    in_bulk: dict[str, list[Found]] = defaultdict(list)
    single: list[Found] = []
    for each in devices.values():
        match errands.of_entry(document, document.entries[each.entry]):
            case "bulk":
                in_bulk[_shared(bench, each)].append(each)
            case "single":
                single.append(each)
    for together in in_bulk.values():
        names = dict(together[0].kept)
        _note(
            bench,
            devices,
            bench.asker.walk(errands.ask_states(document, [known(each) for each in together], names=names)),
        )
    for each in single[:MOST_SINGLE]:
        _note(bench, devices, bench.asker.walk(errands.ask_state(document, [known(each)], names=names_of(each))))


def _shared(bench: Bench, device: Found) -> str:
    """What a bulk call's request names: devices that have it in common are asked about together."""
    state = bench.document.entries[device.entry].state
    names = sorted(errands.names_used(bench.document, state, bulk=True))
    return str([(state.bulk.call if state.bulk else ""), *((name, device.kept.get(name)) for name in names)])


def _note(bench: Bench, devices: dict[str, Found], outcome: Outcome) -> None:
    came_at = bench.asker.present()
    told = {seen.id for seen in outcome.seen}
    for seen in outcome.seen:
        observed_at = seen.observation.observed_at
        age = None if observed_at is None else (came_at - observed_at).total_seconds()
        faults = tuple(f"{fault.at}: {fault.code}" for fault in seen.observation.faults)
        bench.facts.states.append(Told(seen.id, devices[seen.id].type.value, age, seen.observation.state, faults))
    if outcome.faults and not told:
        for each in outcome.faults[:1]:
            bench.facts.trials.setdefault("states", []).append(each.code)
