"""Would this device at this address be eligible? Answered from the same rules as intake; nothing is kept."""

from datetime import datetime
from typing import Any

from enrollments.matching import Finding, candidate_on_wire
from enrollments.models.enrollment import MatchOutcome
from enrollments.presentation import show_cca, show_program
from programs.eligibility import Against, Applicant, device_reasons, reasons_against
from programs.models import Program
from territories.models import Utility
from territories.presentation import show_utility


def answer_question(finding: Finding, device: Applicant, *, now: datetime) -> dict[str, Any]:
    match = finding.match
    decided = match is not None and match.utility_id is not None
    utilities = Utility.objects.in_bulk([match.utility_id, match.cca_id]) if match and decided else {}
    utility = utilities.get(match.utility_id) if match and match.utility_id else None
    cca = utilities.get(match.cca_id) if match and match.cca_id else None
    programs = _programs(utility, cca, now=now)
    fits = any(not device_reasons(program.terms(has_room=True), device) for program in programs)
    partial = finding.outcome == MatchOutcome.MATCHED and not fits
    return {
        "outcome": MatchOutcome.PARTIAL.value if partial else finding.outcome,
        "utility": show_utility(utility),
        "cca": show_cca(cca),
        "candidates": [candidate_on_wire(candidate) for candidate in match.candidates] if match else [],
        "programs": [_show(program, device) for program in programs],
    }


def _programs(utility: Utility | None, cca: Utility | None, *, now: datetime) -> list[Program]:
    if utility is None:
        return []
    owners = [utility.pk, cca.pk if cca else None]
    return list(Program.objects.in_force(now=now).owned_by(*owners).order_by("created_at", "id"))


def _show(program: Program, device: Applicant) -> dict[str, Any]:
    """An account that is yet to be verified is a step on the way, not a reason against."""
    reasons = reasons_against(program.terms(), device)
    return {
        **show_program(program),
        "eligible": set(reasons) <= {Against.ACCOUNT},
        "reasons": [str(reason) for reason in reasons],
    }
