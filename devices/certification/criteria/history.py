"""Ninety days of history, in pages or batches that join (§6). Pure."""

from datetime import datetime
from itertools import pairwise

from devices.certification.facts import Facts, Past
from devices.certification.verdict import Verdict

GRAINS = (300, 900, 3600)  # seconds (§6)


def reaches_back(facts: Facts, *, days: int) -> Verdict:
    """Each device that was asked about has rows of the day that is so long ago."""
    empty = [each.device for each in facts.past if not each.observed]
    said = (
        f"{len(empty)} of {len(facts.past)} devices have nothing of {days} days ago."
        if empty
        else f"{len(facts.past)} devices have history of {days} days ago."
    )
    shown = {"devices": {each.device: len(each.observed) for each in facts.past}}
    if faults := _faults(facts):
        return Verdict(False, f"History could not be read: {', '.join(faults)}.", shown)
    return Verdict(bool(facts.past) and not empty, said, shown)


def joins(facts: Facts) -> Verdict:
    """Ranges that follow each other, page by page: in order, nothing twice, and no hole wider than two intervals."""
    wrong: list[str] = []
    for device, rows in _by_device(facts.past).items():
        gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(rows)]
        if any(gap < 0 for gap in gaps):
            wrong.append(f"{device}: not in order")
        elif any(gap == 0 for gap in gaps):
            wrong.append(f"{device}: rows twice")
        elif not gaps or max(gaps) > 2 * _usual(gaps):
            wrong.append(f"{device}: rows are missing")
    pages = sum(each.pages for each in facts.past)
    rows_read = sum(len(each.observed) for each in facts.past)
    said = "; ".join(wrong) + "." if wrong else f"{rows_read} rows in {pages} pages follow each other without a hole."
    return Verdict(bool(facts.past) and not wrong, said, {"rows": rows_read, "pages": pages})


def granularity_is_known(facts: Facts) -> Verdict:
    """5, 15 or 60 minutes."""
    usual = {
        device: _usual([(later - earlier).total_seconds() for earlier, later in pairwise(rows)])
        for device, rows in _by_device(facts.past).items()
        if len(rows) > 1
    }
    odd = {device: seconds for device, seconds in usual.items() if seconds not in GRAINS}
    said = "Rows are 5, 15 or 60 minutes apart." if not odd else f"Rows are {sorted(set(odd.values()))} s apart."
    return Verdict(bool(usual) and not odd, said, {"seconds apart": usual})


def _by_device(past: list[Past]) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    for each in past:
        found.setdefault(each.device, []).extend(each.observed)
    return found


def _usual(gaps: list[float]) -> float:
    return sorted(gaps)[len(gaps) // 2]


def _faults(facts: Facts) -> list[str]:
    return sorted({fault for each in facts.past for fault in each.faults})
