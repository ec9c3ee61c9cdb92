"""Enrolling as a call has it done, and the answers that carry an enrollment."""

from django.db.models import Model

from enrollments import duplicates, intake
from enrollments.claims import EnrollmentClaim
from enrollments.intake import Enrolled
from enrollments.matching import Finding, find
from enrollments.models import Enrollment
from enrollments.models.enrollment import MatchOutcome
from enrollments.overview import Overview, overview
from enrollments.presentation import show
from partners import evidence
from partners.answers import Answer
from partners.calls import Call, Holding

ADDRESS_POINTER = "/site/address"
LATER = (MatchOutcome.AMBIGUOUS, MatchOutcome.DEFERRED)


def enrolling(
    call: Call, claim: EnrollmentClaim, *, own_bytes: bytes | None = None, finding: Finding | None = None
) -> Holding:
    """Checks the claim and locates its address, outside any transaction; the effect enrolls and answers.

    Of a batch item, `own_bytes` is its part of the request, and `finding` what its address led to, where that was
    found together with the others'.
    """
    intake.check_claim(claim, partner=call.partner)
    found = finding or find(claim.site, pointer=ADDRESS_POINTER)

    def effect() -> Answer:
        enrolled = intake.enroll(
            claim,
            partner=call.partner,
            finding=found,
            evidence=lambda customer: evidence.signed_request(call, customer, body=own_bytes),
            signed_at=call.signed_at,
            now=call.now,
            by=call.actor,
        )
        return _answer_to_enrolling(enrolled)

    names = duplicates.names(call.partner, claim.device, customer_reference=claim.customer_reference)
    return Holding(names, effect)


def _answer_to_enrolling(enrolled: Enrolled) -> Answer:
    """201, or 202 where the outcome comes later, or 200 where it was added to one that the customer had begun."""
    if enrolled.new is None:
        return answer_with(enrolled.enrollment)
    status = 202 if enrolled.enrollment.match_outcome in LATER else 201
    return _answer(enrolled.new, status=status, unwritten=enrolled.unwritten)


def answer_with(enrollment: Enrollment, *, status: int = 200) -> Answer:
    """Reads it anew, after a verb has changed it."""
    return _answer(overview(Enrollment.objects.shown().get(pk=enrollment.pk)), status=status)


def _answer(shown: Overview, *, status: int, unwritten: tuple[Model, ...] = ()) -> Answer:
    headers = {"Location": f"/v1/enrollments/{shown.enrollment.pk}"} if status in (201, 202) else {}
    return Answer(status, show(shown), headers, unwritten)
