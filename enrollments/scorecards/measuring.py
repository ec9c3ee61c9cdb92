"""What each measure is, and whether it is met. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

OK = "ok"
AWAY = ("timed_out", "disconnected", "not_reached", "name_unknown", "tls_failed", "answer_malformed")
AVAILABILITY = 0.995  # §7.1
FRESH = 0.95  # of readings under 15 minutes (§4.1), as latency is held by its p95
HONOURED = 1.0  # §11.5 (5), §11.6
P95 = {"telemetry": 2000, "control": 3000, "historical": 10_000}  # ms (§7.3)
Span = tuple[datetime, datetime]  # half-open


@dataclass(frozen=True, slots=True)
class Measured:
    """`value` None where there was nothing to measure, or it is beyond the last class that is counted."""

    measure: str
    value: float | None
    count: int
    target: float | None

    @property
    def is_met(self) -> bool | None:
        if self.target is None or not self.count:
            return None
        if self.value is None:
            return False
        return self.value <= self.target if self.measure.startswith("latency_") else self.value >= self.target


def joined(spans: Iterable[Span]) -> list[Span]:
    """In order, and those that overlap as one: no minute is counted twice."""
    found: list[Span] = []
    for starts, ends in sorted(spans):
        if found and starts <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((starts, ends))
    return found


def availability(outcomes: Mapping[str, int]) -> Measured:
    """A refusal is an answer; what never came, broke off, or was a failure of the cloud's own is none."""
    bad = sum(count for outcome, count in outcomes.items() if is_outage(outcome))
    return share("availability", sum(outcomes.values()) - bad, of=sum(outcomes.values()), target=AVAILABILITY)


def latency(category: str, classes: Sequence[int], uppers: Sequence[int]) -> Measured:
    """The upper end of the class in which the p95 lies: what is said to be met is met."""
    total, passed, found = sum(classes), 0, None
    for count, upper in zip(classes, uppers, strict=False):
        passed += count
        if total and passed >= 0.95 * total:
            found = float(upper)
            break
    return Measured(f"latency_{category}", found, total, float(P95[category]))


def share(measure: str, good: int, *, of: int, target: float | None) -> Measured:
    return Measured(measure, good / of if of else None, of, target)


def is_outage(outcome: str) -> bool:
    return outcome in AWAY or outcome.startswith("http_5")
