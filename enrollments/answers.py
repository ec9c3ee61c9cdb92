"""Answers that carry an enrollment."""

from enrollments.models import Enrollment
from enrollments.models.enrollment import MatchOutcome
from enrollments.overview import Overview, overview
from enrollments.presentation import show
from partners.answers import Answer

LATER = (MatchOutcome.AMBIGUOUS, MatchOutcome.DEFERRED)


def answer_to_enrolling(enrollment: Enrollment, new: Overview | None) -> Answer:
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
