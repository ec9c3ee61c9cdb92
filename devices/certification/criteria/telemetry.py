"""Freshness, times and mapping of states (§4). Pure."""

from devices.certification.facts import Facts, Told
from devices.certification.verdict import MOST_SHOWN, Verdict


def every_device_tells(facts: Facts) -> Verdict:
    silent = sorted({each.id for each in facts.listed} - {each.device for each in facts.states if each.state})
    said = (
        f"{len(silent)} listed devices tell no state." if silent else f"{len(facts.states)} devices tell their state."
    )
    return Verdict(bool(facts.states) and not silent, said, {"told": len(facts.states), "silent": silent[:MOST_SHOWN]})


def younger_than(facts: Facts, *, minutes: int, share: float = 1.0) -> Verdict:
    """`share`: of the devices that told something."""
    old = [each for each in facts.states if each.age is not None and each.age >= minutes * 60]
    timed = [each for each in facts.states if each.age is not None]
    fresh = len(timed) - len(old)
    oldest = max((each.age for each in timed if each.age is not None), default=0.0)
    shown = {"fresh": fresh, "of": len(timed), "oldest, in seconds": round(oldest), "old": _named(old)}
    said = f"{fresh} of {len(timed)} states are younger than {minutes} minutes; the oldest is of {oldest / 60:.1f}."
    return Verdict(bool(timed) and fresh >= share * len(timed), said, shown)


def not_of_the_future(facts: Facts, *, seconds: int) -> Verdict:
    """So much may clocks differ."""
    early = [each for each in facts.states if each.age is not None and each.age < -seconds]
    undated = [each for each in facts.states if each.age is None]
    said = "Every state has its time, and none is of the future."
    if early:
        ahead = max(-each.age for each in early if each.age is not None)
        said = f"{len(early)} states are of the future, by up to {ahead:.0f} s."
    if undated:
        said = f"{len(undated)} states have no time that can be read."
    shown = {"states": len(facts.states), "ahead": _named(early), "without a time": _named(undated)}
    return Verdict(bool(facts.states) and not early and not undated, said, shown)


def is_mapped(facts: Facts, *, least: int) -> Verdict:
    """Nothing in an answer was unreadable, and every device told at least so many fields of its type's model."""
    faulty = {each.device: list(each.faults) for each in facts.states if each.faults}
    poor = [each for each in facts.states if len(each.state) < least]
    types: dict[str, set[str]] = {}
    for each in facts.states:
        types.setdefault(each.type, set()).update(each.state)
    shown = {
        "fields by type": {kind: sorted(fields) for kind, fields in sorted(types.items())},
        "faults": dict(list(faulty.items())[:MOST_SHOWN]),
        "too little": _named(poor),
    }
    if faulty or poor:
        return Verdict(False, f"{len(faulty)} states could not be read whole, and {len(poor)} tell too little.", shown)
    return Verdict(bool(facts.states), f"{len(facts.states)} states map to the portal's device models.", shown)


def _named(states: list[Told]) -> list[str]:
    return [each.device for each in states[:MOST_SHOWN]]
