"""Matching again what is enrolled, after the data changed: what would change, and doing it (requirements §11.3).

Each site is settled in a transaction of its own, with all enrollments there, and from their rows alone, so that a run
that was stopped is simply run again: what is settled proposes nothing any more. The newest enrollment's hints count for
the site, as they did when it came.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from enrollments import cases, lifecycle, notices, shared_sites
from enrollments.matching import Finding, explanation, record, site_claim
from enrollments.models import Enrollment, ReviewCase
from enrollments.models.enrollment import TERRITORY_KNOWN
from programs.models import Participation
from territories import index
from territories.geocoding import Location
from territories.matching import Match
from territories.models import DataSet, Site
from texture_portal.actors import Actor


class Settlement(StrEnum):
    """How a proposal is settled: by itself, by a person since programs would be lost, or not at all yet."""

    MOVE = "move"
    REVIEW = "review"
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class Proposal:
    """`enrollment_id`: the newest at the site; `others`: how many more share it."""

    enrollment_id: UUID
    others: int
    settlement: Settlement
    before: str
    after: str
    why: str

    def __str__(self) -> str:
        shared = f" and {self.others} more at the site" if self.others else ""
        return f"{self.enrollment_id}{shared}: {self.before} -> {self.after} ({self.settlement}). {self.why}"


@dataclass(frozen=True, slots=True)
class Proposed:
    """With what it takes to carry it out. `lost`: by enrollment, the programs that it would leave."""

    proposal: Proposal
    location: Location
    match: Match
    moving: Sequence[Enrollment] = ()
    lost: Mapping[UUID, Sequence[str]] = field(default_factory=dict)


def located_sites() -> Sequence[UUID]:
    """Which can be matched again: those of the newest enrollments first, since they are looked at most."""
    rows = Enrollment.objects.open().filter(site__latitude__isnull=False)
    return list(dict.fromkeys(rows.order_by("-id").values_list("site_id", flat=True)))


def propose_each(site_ids: Iterator[UUID]) -> Iterator[Proposal]:
    """What would change, without changing it."""
    for site_id in site_ids:
        here = Enrollment.objects.open().filter(site_id=site_id).select_related("site__utility", "site__cca")
        proposed = propose(list(here.order_by("pk")))
        if proposed is not None:
            yield proposed.proposal


def settle_each(site_ids: Iterator[UUID], *, now: datetime, by: Actor) -> Iterator[Proposal]:
    for site_id in site_ids:
        settled = settle(site_id, now=now, by=by)
        if settled is not None:
            yield settled


@transaction.atomic
def settle(site_id: UUID, *, now: datetime, by: Actor) -> Proposal | None:
    """Moves them through the lifecycle, or opens cases; None where nothing changed."""
    here = shared_sites.held_at(site_id)
    proposed = propose(here)
    if proposed is None:
        for enrollment in here:
            cases.settle_rematch(enrollment, now=now)  # what was asked of older data
            notices.tell(enrollment, now=now)
        return None
    if proposed.proposal.settlement == Settlement.MOVE:
        for enrollment in proposed.moving:
            _move(enrollment, proposed, now=now, by=by)
        return proposed.proposal
    if proposed.proposal.settlement == Settlement.REVIEW and _ask(here, proposed, now=now):
        return proposed.proposal
    return None


def _move(enrollment: Enrollment, proposed: Proposed, *, now: datetime, by: Actor) -> None:
    goes_by_another = enrollment.match_outcome in TERRITORY_KNOWN
    record(enrollment, _finding(enrollment, proposed), now=now)
    cases.settle_rematch(enrollment, now=now)
    if goes_by_another:
        lifecycle.relocate(enrollment, now=now, by=by, reason="territory_changed")
    lifecycle.advance(enrollment, now=now, by=by, why=proposed.proposal.why)


def _ask(here: Sequence[Enrollment], proposed: Proposed, *, now: datetime) -> bool:
    """Of each that would lose a program; the others there wait for the answer too. False: all were asked before."""
    unasked = [each for each in here if each.pk in proposed.lost and not _was_asked(each)]
    for enrollment in unasked:
        why = _why(proposed.proposal.after, proposed.lost[enrollment.pk])
        enrollment.match = explanation(_finding(enrollment, proposed))
        enrollment.touch(now)
        enrollment.save()
        cases.open_case(enrollment, kind=ReviewCase.Kind.REMATCH, reason=why, now=now)
        notices.tell(enrollment, now=now)
    return bool(unasked)


def propose(here: Sequence[Enrollment]) -> Proposed | None:
    """None where the evidence still says what the site says, and where a person said it. `here`: the oldest first."""
    location = _location(here[-1].site) if here else None
    if location is None or here[-1].site.decided_at is not None:
        return None
    site, claim = here[-1].site, site_claim(here[-1])
    match = index.match(
        location,
        address=claim.address,
        utility_hint=claim.utility_hint,
        account_number=claim.utility_account_number,
    )
    known = [each for each in here if each.match_outcome in TERRITORY_KNOWN]
    if match.utility_id is None:
        best = match.candidates[0].utility_id if match.candidates else None
        if not known or best == site.utility_id:
            return None
        return Proposed(_proposal(here, Settlement.DOUBT, after="undecided", why=match.reason), location, match)
    undecided = match.overlay.outcome == "ambiguous" and match.utility_id == site.utility_id
    owners = match.utility_id, site.cca_id if undecided else match.cca_id
    lost = _lost(known, owners=owners)
    is_same = owners == (site.utility_id, site.cca_id)
    moving = [each for each in here if not is_same or each not in known]
    if not moving and not lost:
        return None
    after = _named(*owners)
    names = sorted({name for each in lost.values() for name in each})
    settlement = Settlement.REVIEW if lost else Settlement.MOVE
    return Proposed(_proposal(here, settlement, after=after, why=_why(after, names)), location, match, moving, lost)


def _proposal(here: Sequence[Enrollment], settlement: Settlement, *, after: str, why: str) -> Proposal:
    site = here[-1].site
    before = _named(site.utility_id, site.cca_id) if site.utility_id else "undecided"
    return Proposal(here[-1].pk, len(here) - 1, settlement, before, after, why)


def _finding(enrollment: Enrollment, proposed: Proposed) -> Finding:
    return Finding(site_claim(enrollment), proposed.location, proposed.match)


def _why(after: str, lost: Sequence[str]) -> str:
    return f"By the data in force {after} serves the site{': it would leave ' + ', '.join(lost) if lost else ''}."


def _location(site: Site) -> Location | None:
    if site.latitude is None or site.longitude is None or site.accuracy_meters is None:
        return None
    return Location(site.latitude, site.longitude, site.accuracy_meters, site.timezone, site.geocoder)


def _lost(known: Sequence[Enrollment], *, owners: tuple[UUID | None, ...]) -> dict[UUID, list[str]]:
    """By enrollment: the programs that it is in and that neither of `owners` runs."""
    by_device = {each.device_id: each.pk for each in known}
    live = Participation.objects.live().filter(device__in=by_device).select_related("program").order_by("joined_at")
    lost: dict[UUID, list[str]] = defaultdict(list)
    for each in live:
        if each.program.owner_id not in owners:
            lost[by_device[each.device_id]].append(each.program.name)
    return dict(lost)


def _named(utility_id: UUID | None, cca_id: UUID | None) -> str:
    utility, cca = index.utility(utility_id), index.utility(cca_id)
    return f"{utility} with {cca}" if cca else str(utility)


def _was_asked(enrollment: Enrollment) -> bool:
    """Once for each state of the data: a person's answer stands until there is something new to ask."""
    newest = DataSet.objects.order_by("-in_force_since").values_list("in_force_since", flat=True).first()
    asked = enrollment.review_cases.filter(kind=ReviewCase.Kind.REMATCH)
    return any(case.decided_at is None or newest is None or case.opened_at >= newest for case in asked)
