"""Before a review case is late (§11.3, §11.6), it is flagged and staff are told: the case's row is the job."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from enrollments.case_holding import hold_case, sign
from enrollments.models import ReviewCase
from texture_portal.business_time import add_business_time
from texture_portal.refusals import Refusal

BATCH = 100
Kind = ReviewCase.Kind


def lead(kind: str) -> timedelta:
    """How long before it is due a case is pressing: in business time, but for a transfer, whose clock never stops."""
    if kind == Kind.OWNERSHIP:
        return timedelta(hours=settings.ESCALATE_OWNERSHIP_HOURS)
    return timedelta(hours=settings.ESCALATE_BUSINESS_HOURS)


def pressing(*, now: datetime) -> "QuerySet[ReviewCase]":
    """Open cases that are due soon or late. By the clock that runs on while the partner is asked: it is the promise."""
    by_the_clock = now + lead(Kind.OWNERSHIP)
    in_business_time = add_business_time(now, length=lead(Kind.TERRITORY))
    return ReviewCase.objects.filter(
        Q(kind=Kind.OWNERSHIP, due_at__lte=by_the_clock) | ~Q(kind=Kind.OWNERSHIP) & Q(due_at__lte=in_business_time),
        decided_at__isnull=True,
    )


def flag(*, now: datetime) -> int:
    """Flags one batch of those that are not flagged yet, and returns how many."""
    flagged = 0
    for case in pressing(now=now).filter(escalated_at__isnull=True).order_by("due_at")[:BATCH]:
        flagged += _flag_one(case, now=now)
    return flagged


def tell(*, now: datetime) -> int:
    """One e-mail about all that nobody was told of, without a word about the people behind; returns how many.

    Nobody is told where `ESCALATION_EMAILS` names nobody. A worker that dies in between tells again.
    """
    if not settings.ESCALATION_EMAILS:
        return 0
    untold = ReviewCase.objects.filter(
        escalated_at__isnull=False, escalation_mailed_at__isnull=True, decided_at__isnull=True
    )
    cases = list(untold.select_related("assigned_to").order_by("due_at")[:BATCH])
    if not cases:
        return 0
    send_mail(_subject(len(cases)), "\n".join(map(_line, cases)), None, settings.ESCALATION_EMAILS)
    for case in cases:
        _note_told(case, now=now)
    return len(cases)


@transaction.atomic
def _flag_one(case: ReviewCase, *, now: datetime) -> int:
    try:
        case, _ = hold_case(case)
    except Refusal:  # decided meanwhile: nothing is late any more
        return 0
    if case.escalated_at is not None:
        return 0
    case.escalated_at = now
    sign(case, reason="escalated: it is due soon", user=None)
    case.save()
    return 1


@transaction.atomic
def _note_told(case: ReviewCase, *, now: datetime) -> None:
    case = ReviewCase.objects.select_for_update().get(pk=case.pk)
    case.escalation_mailed_at = now
    sign(case, reason="told by e-mail", user=None)
    case.save(update_fields=["escalation_mailed_at"])


def _subject(count: int) -> str:
    return "A review case is due soon" if count == 1 else f"{count} review cases are due soon"


def _line(case: ReviewCase) -> str:
    holder = case.assigned_to.get_username() if case.assigned_to else "nobody"
    page = reverse("admin:enrollments_reviewcase_change", args=(case.pk,))
    due = f"{case.due_at:%Y-%m-%d %H:%M} UTC"
    return f"{case.get_kind_display()} Due {due}, with {holder}: {settings.PORTAL_URL}{page}"
