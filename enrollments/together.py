"""Which cases are alike, so that they can be decided together (§11.3)."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from enrollments.models import ReviewCase
from enrollments.models.review import ABOUT_TERRITORY
from texture_portal.refusals import Refusal
from texture_portal.rehearsal import MOST

LOOKED_THROUGH = 1_000  # open cases, those that are due first: a queue may be long


def likeness(case: ReviewCase) -> tuple[object, ...]:
    """Two cases with the same one are decided by the same facts: the question and, for a territory, who might
    serve, and who is said to serve by now.
    """
    if case.kind not in ABOUT_TERRITORY:
        return (case.kind,)
    candidates = case.enrollment.match.get("candidates", [])
    return case.kind, case.enrollment.site.utility_id, frozenset(each["utility"]["id"] for each in candidates)


def like(case: ReviewCase) -> list[ReviewCase]:
    """The open cases that are like this one, itself included, first due first; of those that are due soonest."""
    wanted = likeness(case)
    alike = (each for each in _perhaps_like(case).iterator(chunk_size=MOST) if likeness(each) == wanted)
    return [each for each, _ in zip(alike, range(MOST), strict=False)]


def _perhaps_like(case: ReviewCase) -> "QuerySet[ReviewCase]":
    """As far as the database can tell: those that have all of its candidates, and maybe more."""
    soonest = _open().filter(kind=case.kind).values("pk")[:LOOKED_THROUGH]
    same_kind = _open().filter(Q(pk__in=soonest) | Q(pk=case.pk), kind=case.kind)
    if case.kind not in ABOUT_TERRITORY:
        return same_kind
    candidates = [{"utility": {"id": each["utility"]["id"]}} for each in case.enrollment.match.get("candidates", [])]
    same_place = same_kind.filter(enrollment__site__utility=case.enrollment.site.utility_id)
    return same_place.filter(enrollment__match__candidates__contains=candidates) if candidates else same_place


def chosen(ids: Iterable[UUID]) -> list[ReviewCase]:
    """The cases of these ids, decided ones too, first due first. Raises `Refusal` where they are not alike."""
    cases = list(_all().filter(pk__in=list(ids)[: MOST + 1]))
    if not cases:
        raise Refusal("not_found", "None of these cases is there.")
    if len(cases) > MOST:
        raise Refusal("validation_failed", f"At most {MOST} cases are decided together.")
    if len({likeness(case) for case in cases}) > 1:
        raise Refusal("state_conflict", "These cases are not alike: they ask different things, or of other utilities.")
    return cases


def _all() -> "QuerySet[ReviewCase]":
    return ReviewCase.objects.select_related(
        "enrollment__partner", "enrollment__device", "enrollment__site", "assigned_to"
    ).order_by("due_at", "id")


def _open() -> "QuerySet[ReviewCase]":
    return _all().filter(decided_at__isnull=True)
