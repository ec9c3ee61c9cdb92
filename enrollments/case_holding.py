"""A review case held for one verb: locked, still open, and signed by who acts."""

from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from enrollments.models import Enrollment, ReviewCase
from texture_portal.actors import Actor, staff
from texture_portal.refusals import Refusal


def hold_case(
    case: ReviewCase, *, reason: str | None = None, kind: ReviewCase.Kind | None = None
) -> tuple[ReviewCase, Enrollment]:
    """Locks the enrollment, then the case; refuses where somebody else closed it meanwhile.

    `reason` is None where the verb asks for none; `kind` where it fits every question.
    """
    if reason is not None and not reason.strip():
        raise Refusal("validation_failed", "A decision needs a reason: say in a sentence what decided it.")
    enrollment = Enrollment.objects.locked().get(pk=case.enrollment_id)
    case = ReviewCase.objects.select_for_update(of=("self",)).select_related("decided_by").get(pk=case.pk)
    if case.decided_at is not None:
        raise Refusal("state_conflict", _closed_already(case))
    if kind is not None and case.kind != kind:
        raise Refusal("state_conflict", f"This decision is not for the question {case.get_kind_display()!r}")
    return case, enrollment


def sign(case: ReviewCase, *, reason: str, user: User | None) -> None:
    """Who and why, for the case's history, which reads these two from the instance."""
    written: Any = case
    written._history_user, written._change_reason = user, reason


def actor_of(user: User) -> Actor:
    return staff(user_id=user.pk, name=user.get_username())


def _closed_already(case: ReviewCase) -> str:
    closed_by = case.decided_by.get_username() if case.decided_by else "the portal"
    when = f"{timezone.localtime(case.decided_at):%B %-d at %H:%M}"
    return f"The case was closed already, by {closed_by} on {when} ({case.get_decision_display()})."
