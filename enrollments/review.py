"""What people decide (§11.3): each verb closes one case for a reason, and the lifecycle goes on from there."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from enrollments import lifecycle, notices, shared_sites
from enrollments.case_holding import actor_of, hold_case, sign
from enrollments.matching import record_decision
from enrollments.models import Enrollment, ReviewCase
from territories.models import Utility
from texture_portal.refusals import Refusal

REVOCATION_REASON = {
    ReviewCase.Kind.TERRITORY: "territory_unsupported",
    ReviewCase.Kind.VERIFICATION: "utility_account_not_verified",
    ReviewCase.Kind.OWNERSHIP: "ownership_transferred",
    ReviewCase.Kind.CONFLICT: "enrolled_elsewhere",
    ReviewCase.Kind.REMATCH: "territory_unsupported",
}
ENDED_BY_A_YES = (ReviewCase.Kind.OWNERSHIP, ReviewCase.Kind.CONFLICT)  # "Has it changed hands?", "Is it elsewhere?"


@transaction.atomic
def resolve_territory(case: ReviewCase, *, utility: Utility, reason: str, now: datetime, user: User) -> Enrollment:
    """This utility serves the site. A utility that serves no homes is refused."""
    shared_sites.held_at(case.enrollment.site_id)  # all of them before one of them
    asked = ReviewCase.Kind.REMATCH if case.kind == ReviewCase.Kind.REMATCH else ReviewCase.Kind.TERRITORY
    case, enrollment = hold_case(case, reason=reason, kind=asked)
    if not utility.serves_homes:
        raise Refusal("state_conflict", f"{utility} serves no homes ({utility.get_segment_display()}): choose another.")
    case.resolved_utility = utility
    _close(enrollment, case, ReviewCase.Decision.CONFIRMED, reason=reason, now=now, user=user)
    moves = enrollment.site.utility_id not in (None, utility.pk)
    record_decision(enrollment, utility=utility, now=now)
    if moves:
        lifecycle.relocate(enrollment, now=now, by=actor_of(user), reason="territory_changed")
    lifecycle.advance(enrollment, now=now, by=actor_of(user), why=reason)
    shared_sites.follow(enrollment, now=now, by=actor_of(user), why=reason)
    return enrollment


@transaction.atomic
def verify_account(case: ReviewCase, *, reason: str, now: datetime, user: User) -> Enrollment:
    """The utility account is the customer's."""
    case, enrollment = hold_case(case, reason=reason, kind=ReviewCase.Kind.VERIFICATION)
    _close(enrollment, case, ReviewCase.Decision.CONFIRMED, reason=reason, now=now, user=user)
    enrollment.account_verified_at = now
    lifecycle.advance(enrollment, now=now, by=actor_of(user), why=reason)
    return enrollment


@transaction.atomic
def refute_transfer(case: ReviewCase, *, reason: str, now: datetime, user: User) -> Enrollment:
    """The device has not changed hands."""
    case, enrollment = hold_case(case, reason=reason, kind=ReviewCase.Kind.OWNERSHIP)
    _close(enrollment, case, ReviewCase.Decision.REJECTED, reason=reason, now=now, user=user)
    lifecycle.refute_ownership_transfer(enrollment, reason=reason, now=now, by=actor_of(user))
    return enrollment


@transaction.atomic
def dismiss_conflict(case: ReviewCase, *, reason: str, now: datetime, user: User) -> Enrollment:
    """The device is where it is enrolled: whoever else claims it has no claim, and nothing changes."""
    case, enrollment = hold_case(case, reason=reason, kind=ReviewCase.Kind.CONFLICT)
    _close(enrollment, case, ReviewCase.Decision.REJECTED, reason=reason, now=now, user=user)
    enrollment.touch(now)
    enrollment.save(update_fields=["updated_at"])
    notices.tell(enrollment, now=now)
    return enrollment


@transaction.atomic
def end_enrollment(case: ReviewCase, *, reason: str, now: datetime, user: User) -> Enrollment:
    """The case is decided against the enrollment: no utility of ours, not the customer's account, changed hands."""
    case, enrollment = hold_case(case, reason=reason, kind=ReviewCase.Kind(case.kind))
    answered_yes = case.kind in ENDED_BY_A_YES
    decision = ReviewCase.Decision.CONFIRMED if answered_yes else ReviewCase.Decision.REJECTED
    _close(enrollment, case, decision, reason=reason, now=now, user=user)
    ended = REVOCATION_REASON[ReviewCase.Kind(case.kind)]
    lifecycle.revoke(enrollment, reason=ended, now=now, by=actor_of(user), why=reason)
    return enrollment


@transaction.atomic
def request_information(case: ReviewCase, *, message: str, now: datetime, user: User) -> Enrollment:
    """Asks the partner, who reads `message` among the enrollment's required actions; the case stays open."""
    case, enrollment = hold_case(case, reason=message, kind=ReviewCase.Kind(case.kind))
    if case.waits_for_partner:
        raise Refusal("state_conflict", "The partner has been asked already and has not answered yet.")
    case.information_request, case.information_requested_at, case.information_given_at = message, now, None
    sign(case, reason=f"information requested: {message}", user=user)
    case.save()
    enrollment.touch(now)
    enrollment.save(update_fields=["updated_at"])
    notices.note_information_requested(enrollment, case)
    notices.tell(enrollment, now=now)
    return enrollment


def _close(enrollment: Enrollment, case: ReviewCase, decision: str, *, reason: str, now: datetime, user: User) -> None:
    case.decision, case.decided_at, case.decided_by, case.decision_reason = decision, now, user, reason
    sign(case, reason=reason, user=user)
    case.save()
    notices.note_review_resolved(enrollment, case)
