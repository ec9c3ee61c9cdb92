"""A customer's devices at one address share its site, and so its utility: who changes it takes the others along."""

from datetime import datetime
from uuid import UUID

from enrollments import cases, lifecycle
from enrollments.models import Enrollment
from enrollments.models.enrollment import TERRITORY_KNOWN
from texture_portal.actors import Actor


def held_at(site_id: UUID) -> list[Enrollment]:
    """The open enrollments there, the oldest first, locked in that order, so that no two wait for each other."""
    return list(Enrollment.objects.open().locked().filter(site_id=site_id).order_by("pk"))


def follow(leader: Enrollment, *, now: datetime, by: Actor, why: str) -> None:
    """The site of `leader` has another utility: those there that went by the old one go by the new one."""
    for each in held_at(leader.site_id):
        if each.pk != leader.pk and each.match_outcome in TERRITORY_KNOWN:
            each.fits_since = None
            cases.settle_rematch(each, now=now)
            lifecycle.relocate(each, now=now, by=by, reason="territory_changed")
            lifecycle.advance(each, now=now, by=by, why=why)
