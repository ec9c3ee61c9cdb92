"""A transfer that nobody decided within 24 hours counts as true: the enrollment ends (contract §3, The lifecycle)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from enrollments import lifecycle
from enrollments.models import Enrollment, ReviewCase
from texture_portal.actors import Actor
from texture_portal.jobs import one_by_one

BATCH = 100


def end_undecided(*, now: datetime, by: Actor) -> int:
    """One batch of transfers that are due; returns how many there were."""
    due = ReviewCase.objects.filter(kind=ReviewCase.Kind.OWNERSHIP, decided_at__isnull=True, due_at__lte=now)
    chosen: list[tuple[UUID, UUID]] = list(due.order_by("due_at").values_list("pk", "enrollment_id")[:BATCH])
    return one_by_one(chosen, lambda ids: _end(*ids, now=now, by=by), named=lambda ids: f"review case {ids[0]}")


@transaction.atomic
def _end(case_id: UUID, enrollment_id: UUID, *, now: datetime, by: Actor) -> None:
    """The enrollment is held before the case, as everywhere; somebody may have decided meanwhile."""
    enrollment = Enrollment.objects.locked().get(pk=enrollment_id)
    if not enrollment.review_cases.filter(pk=case_id, decided_at__isnull=True).exists():
        return
    lifecycle.revoke(
        enrollment, reason="ownership_transferred", now=now, by=by, why="transfer undecided within 24 hours"
    )
