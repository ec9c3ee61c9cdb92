"""What a run says, as one document: every check with its evidence, and what was waived, by whom and why (§12)."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devices.models import CertificationRun, CheckResult, Waiver
from texture_portal.clock import to_wire

WAIVED = "waived"
Outcome = CheckResult.Outcome
IN_THE_WAY = (Outcome.FAIL, Outcome.NOT_TRIED)  # until it is tried again, or waived


@dataclass(frozen=True, slots=True)
class Line:
    """A result as it counts: `outcome` is `waived` where it was in the way and staff let the partner off."""

    result: CheckResult
    waiver: Waiver | None

    @property
    def outcome(self) -> str:
        return WAIVED if self.result.outcome in IN_THE_WAY and self.waiver else str(self.result.outcome)

    @property
    def is_in_the_way(self) -> bool:
        return self.outcome in IN_THE_WAY and not self.result.is_recommended


@dataclass(frozen=True, slots=True)
class Report:
    run: CertificationRun
    lines: list[Line]

    @property
    def is_clean(self) -> bool:
        """Done, with nothing in the way; and something was shown, of whom nothing applies to."""
        is_done = self.run.status == CertificationRun.Status.DONE
        return is_done and not self.failed and any(line.outcome == Outcome.PASS for line in self.lines)

    @property
    def failed(self) -> list[str]:
        """Or could not be tried."""
        return [line.result.requirement for line in self.lines if line.is_in_the_way]

    def counts(self) -> dict[str, int]:
        return dict(Counter(line.outcome for line in self.lines))


def report_of(run: CertificationRun) -> Report:
    """With the waivers that are in force now."""
    waivers = {each.requirement: each for each in Waiver.objects.in_force().for_run(run)}
    results = sorted(run.results.all(), key=lambda each: [int(part) for part in each.section.split(".")])
    return Report(run, [Line(each, waivers.get(each.requirement)) for each in results])


def as_json(report: Report) -> dict[str, Any]:
    run = report.run
    return {
        "partner": run.partner.name,
        "manufacturer": run.maker or None,
        "cloud": run.cloud.name if run.cloud else None,
        "requirementsVersion": run.requirements,
        "runId": str(run.pk),
        "askedBy": run.asked_by,
        "askedAt": to_wire(run.asked_at),
        "finishedAt": _told(run.finished_at),
        "status": run.status,
        "isClean": report.is_clean,
        "counts": report.counts(),
        "results": [_line(line) for line in report.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    result, waiver = line.result, line.waiver
    told = {"reason": waiver.reason, "by": waiver.given_by, "at": to_wire(waiver.given_at)} if waiver else None
    return {
        "requirement": result.requirement,
        "section": result.section,
        "title": result.title,
        "outcome": line.outcome,
        "isRecommended": result.is_recommended,
        "said": result.said,
        "evidence": result.evidence,
        "remedy": result.remedy if result.outcome == Outcome.FAIL else None,
        "waiver": told if line.outcome == WAIVED else None,
        "triedAt": to_wire(result.tried_at),
        "seconds": round(result.seconds, 2),
    }


def _told(instant: datetime | None) -> str | None:
    return None if instant is None else to_wire(instant)
