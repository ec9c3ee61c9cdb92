"""Who looks after a review case. Anybody who may decide can still decide it: an assignment is a promise, no lock."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from enrollments.case_holding import hold_case, sign
from enrollments.models import ReviewCase
from texture_portal.refusals import Refusal

DECIDE = "enrollments.decide_reviewcase"


@transaction.atomic
def assign(
    case: ReviewCase, *, to: User, instead_of: int | None, why: str = "", now: datetime, user: User
) -> ReviewCase:
    """`instead_of` is the id of whom the caller believes to have it: two who take it at once must learn of each other.

    Raises `Refusal` where that is no longer so, or `to` may not decide.
    """
    case = _held(case, instead_of=instead_of)
    if not (to.is_active and to.is_staff and to.has_perm(DECIDE)):
        raise Refusal("state_conflict", f"{to.get_username()} may not decide review cases.")
    if case.assigned_to_id == to.pk:
        raise Refusal("state_conflict", f"{to.get_username()} has it already.")
    case.assigned_to, case.assigned_at = to, now
    return _saved(case, f"assigned to {to.get_username()}", why=why, user=user)


@transaction.atomic
def unassign(case: ReviewCase, *, instead_of: int | None, why: str = "", user: User) -> ReviewCase:
    case = _held(case, instead_of=instead_of)
    if case.assigned_to is None:
        raise Refusal("state_conflict", "Nobody has it.")
    had_it = case.assigned_to.get_username()
    case.assigned_to = case.assigned_at = None
    return _saved(case, f"taken from {had_it}", why=why, user=user)


def _held(case: ReviewCase, *, instead_of: int | None) -> ReviewCase:
    case, _ = hold_case(case)
    if case.assigned_to_id != instead_of:
        holder = case.assigned_to.get_username() if case.assigned_to else "nobody"
        raise Refusal("state_conflict", f"Meanwhile it was given to {holder}.")
    return case


def _saved(case: ReviewCase, what: str, *, why: str, user: User) -> ReviewCase:
    sign(case, reason=f"{what}: {why.strip()}" if why.strip() else what, user=user)
    case.save()
    return case
