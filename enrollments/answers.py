"""Enrolling as a call has it done, and the answers that carry an enrollment."""

from dataclasses import dataclass

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
from partners.calls import Call

ADDRESS_POINTER = "/site/address"
LATER = (MatchOutcome.AMBIGUOUS, MatchOutcome.DEFERRED)


@dataclass(frozen=True)
class Enrolling:
    """An enrollment whose claim was checked and whose address was located: to be done in a transaction.

    `own_bytes` is a batch item's part of the request.
    """

    call: Call
    claim: EnrollmentClaim
    finding: Finding
    own_bytes: bytes | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return duplicates.names(self.call.partner, self.claim)

    def __call__(self, *, known: bool | None = None) -> Answer:
        """`known`: as `intake.enroll` takes it."""
        call = self.call
        enrolled = intake.enroll(
            self.claim,
            partner=call.partner,
            finding=self.finding,
            evidence=lambda customer: evidence.signed_request(call, customer, body=self.own_bytes),
            signed_at=call.signed_at,
            now=call.now,
            by=call.actor,
            known=known,
        )
        return _answer_to_enrolling(enrolled)


def enrolling(call: Call, claim: EnrollmentClaim, *, own_bytes: bytes | None = None) -> Enrolling:
    """Checks the claim and locates its address, outside any transaction."""
    intake.check_claim(claim, partner=call.partner, now=call.now)
    return Enrolling(call, claim, find(claim.site, pointer=ADDRESS_POINTER), own_bytes)


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
