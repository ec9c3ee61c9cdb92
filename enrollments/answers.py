"""Answers that carry an enrollment."""

from enrollments.models import Enrollment
from enrollments.models.enrollment import MatchOutcome
from enrollments.presentation import show
from partners.answers import Answer

LATER = (MatchOutcome.AMBIGUOUS, MatchOutcome.DEFERRED)


def answer_to_enrolling(enrollment: Enrollment, *, is_new: bool) -> Answer:
    """201, or 202 where the outcome comes later, or 200 where it was added to one that the customer had begun."""
    if not is_new:
        return answer_with(enrollment, status=200)
    return answer_with(enrollment, status=202 if enrollment.match_outcome in LATER else 201)


def answer_with(enrollment: Enrollment, *, status: int = 200) -> Answer:
    shown = Enrollment.objects.shown().get(pk=enrollment.pk)
    headers = {"Location": f"/v1/enrollments/{enrollment.pk}"} if status in (201, 202) else {}
    return Answer(status, show(shown), headers)
