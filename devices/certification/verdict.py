"""What comes of one check, and of one criterion of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MOST_SHOWN = 20  # of a list, in the evidence


class Outcome(StrEnum):
    """What could not be tried at present stands in the way like what failed: nothing has shown it."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    NOT_TRIED = "not_tried"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one criterion: whether it holds, in a sentence, and what shows it."""

    holds: bool
    said: str
    shown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """Of one requirement. `evidence` has nothing personal and nothing secret: ids of devices, counts, times, codes.

    `notes` is what the requirements that come last need to know of this one (`facts.Notes`).
    """

    requirement: str
    outcome: Outcome
    said: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)


def all_of(verdicts: list[Verdict]) -> tuple[Outcome, str, dict[str, Any]]:
    """They hold together or not at all; what failed is said, or else everything."""
    failed = [each for each in verdicts if not each.holds]
    shown: dict[str, Any] = {}
    for each in verdicts:
        shown |= each.shown
    said = " ".join(each.said for each in failed or verdicts)
    return (Outcome.FAIL if failed else Outcome.PASS), said, shown
