"""What staff do to an enrollment outside the review queue: each verb locks it, makes one move, and keeps the reason."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from enrollments import lifecycle
from enrollments.models import Enrollment
from enrollments.states import State
from texture_portal.actors import staff
from texture_portal.refusals import Refusal


@transaction.atomic
def suspend(enrollment: Enrollment, *, reason: str, now: datetime, user: User) -> Enrollment:
    """For compliance; only an active one can be."""
    enrollment = _hold(enrollment, reason=reason)
    by = staff(user_id=user.pk, name=user.get_username())
    lifecycle.hold_for_compliance(enrollment, reason=reason, now=now, by=by)
    return enrollment


@transaction.atomic
def reinstate(enrollment: Enrollment, *, reason: str, now: datetime, user: User) -> Enrollment:
    """The compliance issue is resolved."""
    enrollment = _hold(enrollment, reason=reason)
    by = staff(user_id=user.pk, name=user.get_username())
    lifecycle.release_hold(enrollment, reason=reason, now=now, by=by)
    return enrollment


@transaction.atomic
def revoke(enrollment: Enrollment, *, reason: str, now: datetime, user: User) -> Enrollment:
    """Ended for good, by staff."""
    enrollment = _hold(enrollment, reason=reason)
    by = staff(user_id=user.pk, name=user.get_username())
    lifecycle.revoke(enrollment, reason="staff", now=now, by=by, why=reason)
    return enrollment


@transaction.atomic
def opt_out(enrollment: Enrollment, *, reason: str, now: datetime, user: User) -> Enrollment:
    """The customer told staff to stop: every consent given until now is revoked."""
    enrollment = _hold(enrollment, reason=reason)
    if enrollment.state in (State.OPTED_OUT, State.REVOKED):
        raise Refusal("state_conflict", f"The enrollment is {State(enrollment.state).label.lower()} already.")
    by = staff(user_id=user.pk, name=user.get_username())
    lifecycle.revoke_consent(enrollment, revoked_at=now, source="staff", now=now, by=by, why=reason)
    return enrollment


def _hold(enrollment: Enrollment, *, reason: str) -> Enrollment:
    if not reason.strip():
        raise Refusal("validation_failed", "Say in a sentence why: the reason goes into the history.")
    return Enrollment.objects.locked().get(pk=enrollment.pk)
