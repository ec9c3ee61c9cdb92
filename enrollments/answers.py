"""Enrolling as a call has it done, and the answers that carry an enrollment."""

from enrollments import intake
from enrollments.claims import EnrollmentClaim
from enrollments.matching import find
from enrollments.models import Enrollment
from enrollments.models.enrollment import MatchOutcome
from enrollments.overview import Overview, overview
from enrollments.presentation import show
from partners import evidence
from partners.answers import Answer
from partners.calls import Call, Effect

LATER = (MatchOutcome.AMBIGUOUS, MatchOutcome.DEFERRED)


def enrolling(call: Call, claim: EnrollmentClaim, *, own_bytes: bytes | None = None) -> Effect:
    """Checks the claim and locates its address, outside any transaction; the effect enrolls and answers.

    `own_bytes` is a batch item's part of the request.
    """
    intake.check_claim(claim, partner=call.partner)
    finding = find(claim.site, pointer="/site/address")

    def effect() -> Answer:
        enrollment, new = intake.enroll(
            claim,
            partner=call.partner,
            finding=finding,
            evidence=lambda customer: evidence.signed_request(call, customer, body=own_bytes),
            signed_at=call.signed_at,
            now=call.now,
            by=call.actor,
        )
        return _answer_to_enrolling(enrollment, new)

    return effect


def _answer_to_enrolling(enrollment: Enrollment, new: Overview | None) -> Answer:
    """201, or 202 where the outcome comes later, or 200 where it was added to one that the customer had begun."""
    if new is None:
        return answer_with(enrollment)
    return _answer(new, status=202 if enrollment.match_outcome in LATER else 201)


def answer_with(enrollment: Enrollment, *, status: int = 200) -> Answer:
    """Reads it anew, after a verb has changed it."""
    return _answer(overview(Enrollment.objects.shown().get(pk=enrollment.pk)), status=status)


def _answer(shown: Overview, *, status: int) -> Answer:
    headers = {"Location": f"/v1/enrollments/{shown.enrollment.pk}"} if status in (201, 202) else {}
    return Answer(status, show(shown), headers)
