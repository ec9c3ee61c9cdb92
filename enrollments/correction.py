"""A partner supplies what a review asked for, or corrects what it sent (contract §3, PATCH)."""

from datetime import datetime
from typing import Any

from enrollments import cases, lifecycle, matching
from enrollments.matching import Finding
from enrollments.models import Enrollment
from enrollments.states import State
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal


def check_open(enrollment: Enrollment) -> None:
    if enrollment.state in (State.OPTED_OUT, State.REVOKED):
        raise Refusal("state_conflict", f"The enrollment is {State(enrollment.state).label.lower()}.")


def basis_of(enrollment: Enrollment) -> tuple[Any, ...]:
    """What a correction of the site is merged with, before the row is held."""
    return enrollment.site_id, enrollment.partner_coordinates, enrollment.utility_hint


def correct(
    enrollment: Enrollment,
    changes: dict[str, Any],
    *,
    finding: Finding | None,
    basis: tuple[Any, ...],
    now: datetime,
    by: Actor,
) -> None:
    """Sets what was sent and matches again where the site was among it; the caller holds the row locked.

    Raises `Refusal`: `state_conflict`, also where somebody else changed the site meanwhile, or what the new address led
    to. Then nothing is changed.
    """
    check_open(enrollment)
    if finding is not None:
        if basis != basis_of(enrollment):
            raise Refusal("state_conflict", "The site was changed meanwhile: read the enrollment, and send it again.")
        if finding.refusal is not None:
            raise finding.refusal
        _move_to(enrollment, finding, now=now, by=by)
    if changes.get("utility_account_number", enrollment.utility_account_number) != enrollment.utility_account_number:
        enrollment.account_verified_at = None  # it was another account that was verified
    for name, value in changes.items():
        setattr(enrollment, name, value)
    enrollment.touch(now)
    if finding is not None or changes:
        cases.note_information(enrollment, now=now)
    lifecycle.advance(enrollment, now=now, by=by)


def _move_to(enrollment: Enrollment, finding: Finding, *, now: datetime, by: Actor) -> None:
    before = enrollment.site.utility_id, enrollment.site.cca_id
    matching.record(enrollment, finding, now=now)
    cases.settle_rematch(enrollment, now=now)
    enrollment.device.site = enrollment.site
    enrollment.device.save(update_fields=["site", "updated_at"])
    if before != (enrollment.site.utility_id, enrollment.site.cca_id):
        lifecycle.relocate(enrollment, now=now, by=by)
