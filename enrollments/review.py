"""What people decide (§11.3): each verb closes one case for a reason, and the lifecycle goes on from there."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from enrollments import lifecycle, notices
from enrollments.matching import record_decision
from enrollments.models import Enrollment, ReviewCase
from territories.models import Utility
from texture_portal.actors import Actor, staff
from texture_portal.refusals import Refusal

REVOCATION_REASON = {
    ReviewCase.Kind.TERRITORY: "territory_unsupported",
    ReviewCase.Kind.VERIFICATION: "utility_account_not_verified",
    ReviewCase.Kind.OWNERSHIP: "ownership_transferred",
    ReviewCase.Kind.CONFLICT: "enrolled_elsewhere",
}


@transaction.atomic
def resolve_territory(case: ReviewCase, *, utility: Utility, reason: str, now: datetime, user: User) -> Enrollment:
    """This utility serves the site. A utility that serves no homes is refused."""
    case, enrollment = _hold(case, reason=reason, kind=ReviewCase.Kind.TERRITORY)
    if not utility.serves_homes:
        raise Refusal("state_conflict", f"{utility} serves no homes ({utility.get_segment_display()}): choose another.")
    case.resolved_utility = utility
    _close(enrollment, case, ReviewCase.Decision.CONFIRMED, reason=reason, now=now, user=user)
    record_decision(enrollment, utility=utility)
    lifecycle.advance(enrollment, now=now, by=_actor(user), why=reason)
    return enrollment


@transaction.atomic
def verify_account(case: ReviewCase, *, reason: str, now: datetime, user: User) -> Enrollment:
    """The utility account is the customer's."""
    case, enrollment = _hold(case, reason=reason, kind=ReviewCase.Kind.VERIFICATION)
    _close(enrollment, case, ReviewCase.Decision.CONFIRMED, reason=reason, now=now, user=user)
    enrollment.account_verified_at = now
    lifecycle.advance(enrollment, now=now, by=_actor(user), why=reason)
    return enrollment


@transaction.atomic
def refute_transfer(case: ReviewCase, *, reason: str, now: datetime, user: User) -> Enrollment:
    """The device has not changed hands."""
    case, enrollment = _hold(case, reason=reason, kind=ReviewCase.Kind.OWNERSHIP)
    _close(enrollment, case, ReviewCase.Decision.REJECTED, reason=reason, now=now, user=user)
    lifecycle.refute_ownership_transfer(enrollment, reason=reason, now=now, by=_actor(user))
    return enrollment


@transaction.atomic
def end_enrollment(case: ReviewCase, *, reason: str, now: datetime, user: User) -> Enrollment:
    """The case is decided against the enrollment: no utility of ours, not the customer's account, changed hands."""
    case, enrollment = _hold(case, reason=reason, kind=ReviewCase.Kind(case.kind))
    changed_hands = case.kind == ReviewCase.Kind.OWNERSHIP
    decision = ReviewCase.Decision.CONFIRMED if changed_hands else ReviewCase.Decision.REJECTED
    _close(enrollment, case, decision, reason=reason, now=now, user=user)
    ended = REVOCATION_REASON[ReviewCase.Kind(case.kind)]
    lifecycle.revoke(enrollment, reason=ended, now=now, by=_actor(user), why=reason)
    return enrollment


@transaction.atomic
def request_information(case: ReviewCase, *, message: str, now: datetime, user: User) -> Enrollment:
    """Asks the partner, who reads `message` among the enrollment's required actions; the case stays open."""
    case, enrollment = _hold(case, reason=message, kind=ReviewCase.Kind(case.kind))
    if case.waits_for_partner:
        raise Refusal("state_conflict", "The partner has been asked already and has not answered yet.")
    case.information_request, case.information_requested_at, case.information_given_at = message, now, None
    _sign(case, reason=f"information requested: {message}", user=user)
    case.save()
    enrollment.touch(now)
    enrollment.save(update_fields=["updated_at"])
    notices.note_information_requested(enrollment, case)
    notices.tell(enrollment, now=now)
    return enrollment


def _hold(case: ReviewCase, *, reason: str, kind: ReviewCase.Kind) -> tuple[ReviewCase, Enrollment]:
    """Locks the enrollment, then the case; refuses where somebody else closed it meanwhile."""
    if not reason.strip():
        raise Refusal("validation_failed", "A decision needs a reason: say in a sentence what decided it.")
    enrollment = Enrollment.objects.locked().get(pk=case.enrollment_id)
    case = ReviewCase.objects.select_for_update().get(pk=case.pk)
    if case.decided_at is not None:
        raise Refusal("state_conflict", f"The case was closed already ({case.get_decision_display()}).")
    if case.kind != kind:
        raise Refusal("state_conflict", f"This decision is not for the question {case.get_kind_display()!r}")
    return case, enrollment


def _close(enrollment: Enrollment, case: ReviewCase, decision: str, *, reason: str, now: datetime, user: User) -> None:
    case.decision, case.decided_at, case.decided_by, case.decision_reason = decision, now, user, reason
    _sign(case, reason=reason, user=user)
    case.save()
    notices.note_review_resolved(enrollment, case)


def _sign(case: ReviewCase, *, reason: str, user: User) -> None:
    """Who and why, for the case's history, which reads these two from the instance."""
    written: Any = case
    written._history_user, written._change_reason = user, reason


def _actor(user: User) -> Actor:
    return staff(user_id=user.pk, name=user.get_username())
