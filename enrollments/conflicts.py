"""Another partner claims an enrolled device again and again: staff can ask whose it is (contract §3, A device)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Max

from enrollments import cases, notices
from enrollments.models import Enrollment, ReviewCase
from enrollments.states import State
from partners.models import RefusedRequest
from texture_portal.refusals import Refusal

LONGEST_REASON = 255
REPEATED = 2  # the first may be a mistake; the second is a claim (contract §3: repeated, it alerts staff)
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Claims:
    """How often others sent an enrolled device, and when last."""

    enrollment: Enrollment
    times: int
    last_at: datetime


def repeated_claims() -> list[Claims]:
    """Enrollments whose device others claim again and again, and about which nobody has been asked since."""
    open_cases = ReviewCase.objects.filter(kind=ReviewCase.Kind.CONFLICT, decided_at__isnull=True)
    claimed = (
        RefusedRequest.objects.filter(about__isnull=False, about__in=Enrollment.objects.open().values("pk"))
        .exclude(about__in=open_cases.values("enrollment"))
        .order_by()
        .values("about")
        .annotate(times=Count("pk"), last_at=Max("at"))
        .filter(times__gte=REPEATED)
        .order_by("-last_at")[:MOST_SHOWN]
    )
    found = {UUID(str(each["about"])): each for each in claimed}
    rows = Enrollment.objects.open().filter(pk__in=list(found)).select_related("device", "partner")
    open_ones = [row for row in rows.prefetch_related("review_cases") if _is_unasked(row, found[row.pk]["last_at"])]
    claims = [Claims(row, found[row.pk]["times"], found[row.pk]["last_at"]) for row in open_ones]
    return sorted(claims, key=lambda each: each.last_at, reverse=True)


def has_open_conflict(enrollment: Enrollment) -> bool:
    return any(
        case.kind == ReviewCase.Kind.CONFLICT and case.decided_at is None for case in enrollment.review_cases.all()
    )


def _is_unasked(enrollment: Enrollment, last_at: datetime) -> bool:
    conflicts = [case for case in enrollment.review_cases.all() if case.kind == ReviewCase.Kind.CONFLICT]
    return all(case.decided_at is not None and case.decided_at < last_at for case in conflicts)


@transaction.atomic
def open_conflict(enrollment: Enrollment, *, reason: str, now: datetime, user: User) -> ReviewCase:
    """The enrollment goes on meanwhile. Raises `Refusal` where it has ended, or the question is open already."""
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise Refusal("validation_failed", f"Say in a sentence why, in at most {LONGEST_REASON} characters.")
    enrollment = Enrollment.objects.locked().get(pk=enrollment.pk)
    if enrollment.state == State.REVOKED:
        raise Refusal("state_conflict", "The enrollment is revoked: there is nothing to decide.")
    if has_open_conflict(enrollment):
        raise Refusal("state_conflict", "The question is open already.")
    case = cases.open_case(enrollment, kind=ReviewCase.Kind.CONFLICT, reason=reason.strip(), now=now, user=user)
    enrollment.touch(now)
    enrollment.save(update_fields=["updated_at"])
    notices.tell(enrollment, now=now)
    return case
