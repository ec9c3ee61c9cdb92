"""Matching again what is enrolled, after the data changed: what would change, and doing it (requirements §11.3).

Each enrollment is settled in a transaction of its own and from its row alone, so that a run that was stopped is simply
run again: what is settled proposes nothing any more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from enrollments import cases, lifecycle, notices
from enrollments.matching import Finding, explanation, record, site_claim
from enrollments.models import Enrollment, ReviewCase
from enrollments.models.enrollment import TERRITORY_KNOWN
from programs.models import Participation
from territories import index
from territories.geocoding import Location
from territories.models import DataSet, Site
from texture_portal.actors import Actor

LONGEST_REASON = 255


class Settlement(StrEnum):
    """How a proposal is settled: by itself, by a person since programs would be lost, or not at all yet."""

    MOVE = "move"
    REVIEW = "review"
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class Proposal:
    enrollment_id: UUID
    settlement: Settlement
    before: str
    after: str
    why: str

    def __str__(self) -> str:
        return f"{self.enrollment_id}: {self.before} -> {self.after} ({self.settlement}). {self.why}"


def located_enrollments() -> Sequence[UUID]:
    """Whose sites can be matched again: the newest first, since theirs are looked at most."""
    rows = Enrollment.objects.open().filter(site__latitude__isnull=False)
    return list(rows.order_by("-id").values_list("pk", flat=True))


def propose_each(ids: Iterator[UUID]) -> Iterator[Proposal]:
    """What would change, without changing it."""
    for enrollment_id in ids:
        enrollment = Enrollment.objects.select_related("site__utility", "site__cca").get(pk=enrollment_id)
        proposed = propose(enrollment)
        if proposed is not None:
            yield proposed[0]


def settle_each(ids: Iterator[UUID], *, now: datetime, by: Actor) -> Iterator[Proposal]:
    for enrollment_id in ids:
        settled = settle(enrollment_id, now=now, by=by)
        if settled is not None:
            yield settled


@transaction.atomic
def settle(enrollment_id: UUID, *, now: datetime, by: Actor) -> Proposal | None:
    """Moves it through the lifecycle, or opens a case; None where nothing changed."""
    enrollment = Enrollment.objects.open().locked().filter(pk=enrollment_id).first()
    proposed = propose(enrollment) if enrollment is not None else None
    if enrollment is None or proposed is None:
        return None
    proposal, finding = proposed
    if proposal.settlement == Settlement.MOVE:
        moves = enrollment.match_outcome in TERRITORY_KNOWN
        record(enrollment, finding, now=now)
        if moves:
            lifecycle.relocate(enrollment, now=now, by=by, reason="territory_changed")
        lifecycle.advance(enrollment, now=now, by=by, why=proposal.why)
        return proposal
    if proposal.settlement == Settlement.REVIEW and not _was_asked(enrollment):
        enrollment.match = explanation(finding)
        enrollment.touch(now)
        enrollment.save()
        reason = str(proposal.why)[:LONGEST_REASON]
        cases.open_case(enrollment, kind=ReviewCase.Kind.REMATCH, reason=reason, now=now)
        notices.tell(enrollment, now=now)
        return proposal
    return None


def propose(enrollment: Enrollment) -> tuple[Proposal, Finding] | None:
    """None where the evidence still says what the site says, and where a person said it."""
    site, claim = enrollment.site, site_claim(enrollment)
    location = _location(site)
    if location is None or site.decided_at is not None:
        return None
    match = index.match(
        location,
        address=claim.address,
        utility_hint=claim.utility_hint,
        account_number=claim.utility_account_number,
    )
    finding = Finding(claim, location, match)
    known = enrollment.match_outcome in TERRITORY_KNOWN
    if match.utility_id is None:
        best = match.candidates[0] if match.candidates else None
        if not known or (best is not None and best.utility_id == site.utility_id):
            return None
        return _proposal(enrollment, Settlement.DOUBT, after="undecided", why=match.reason), finding
    undecided = match.overlay.outcome == "ambiguous" and match.utility_id == site.utility_id
    cca_id = site.cca_id if undecided else match.cca_id
    if known and (match.utility_id, cca_id) == (site.utility_id, site.cca_id):
        return None
    lost = _lost(enrollment, owners=(match.utility_id, cca_id))
    after = _named(match.utility_id, cca_id)
    if lost:
        why = f"By the data in force {after} serves the site: it would leave {', '.join(lost)}."
        return _proposal(enrollment, Settlement.REVIEW, after=after, why=why), finding
    why = f"By the data in force {after} serves the site."
    return _proposal(enrollment, Settlement.MOVE, after=after, why=why), finding


def _proposal(enrollment: Enrollment, settlement: Settlement, *, after: str, why: str) -> Proposal:
    site = enrollment.site
    before = _named(site.utility_id, site.cca_id) if site.utility_id else "undecided"
    return Proposal(enrollment.pk, settlement, before, after, why)


def _location(site: Site) -> Location | None:
    if site.latitude is None or site.longitude is None or site.accuracy_meters is None:
        return None
    return Location(site.latitude, site.longitude, site.accuracy_meters, site.timezone, site.geocoder)


def _lost(enrollment: Enrollment, *, owners: tuple[UUID | None, ...]) -> list[str]:
    live = Participation.objects.live().filter(device=enrollment.device_id).select_related("program")
    return [each.program.name for each in live if each.program.owner_id not in owners]


def _named(utility_id: UUID | None, cca_id: UUID | None) -> str:
    utility, cca = index.utility(utility_id), index.utility(cca_id)
    return f"{utility} with {cca}" if cca else str(utility)


def _was_asked(enrollment: Enrollment) -> bool:
    """Once for each state of the data: a person's answer stands until there is something new to ask."""
    newest = DataSet.objects.order_by("-in_force_since").values_list("in_force_since", flat=True).first()
    asked = enrollment.review_cases.filter(kind=ReviewCase.Kind.REMATCH)
    return any(case.decided_at is None or newest is None or case.opened_at >= newest for case in asked)
