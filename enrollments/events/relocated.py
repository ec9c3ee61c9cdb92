"""The device moved: it is located and matched again at its new address; the consent is kept (§11.6)."""

from datetime import datetime, timedelta
from typing import Any

from enrollments import cases, lifecycle, matching
from enrollments.claims import SiteClaim
from enrollments.documents import AddressDocument
from enrollments.events.base import Kind, Status
from enrollments.events.fields import EventData, PastDayOrInstant
from enrollments.events.sequence import has_ended, is_outdone
from enrollments.matching import Finding
from enrollments.models import Enrollment, PartnerEvent
from enrollments.models.enrollment import MatchOutcome
from enrollments.models.event import EventType
from enrollments.reading import address
from texture_portal.actors import Actor


class RelocatedData(EventData):
    previous_address = AddressDocument()
    new_address = AddressDocument()
    relocated_on = PastDayOrInstant()


class Relocated(Kind):
    name = EventType.RELOCATED
    within = timedelta(hours=1)
    data = RelocatedData
    fact = "relocated_on"

    def look(self, data: dict[str, Any]) -> Finding:
        return matching.find(SiteClaim(address(data["new_address"])), pointer="/data/newAddress")

    def apply(
        self, enrollment: Enrollment, event: PartnerEvent, data: dict[str, Any], found: Any, *, now: datetime, by: Actor
    ) -> Status:
        if has_ended(enrollment):
            return Status.SUPERSEDED
        finding: Finding = found
        if finding.outcome == MatchOutcome.DEFERRED:
            return Status.ACCEPTED  # no geocoder is in reach: where it stands is all that is known
        if finding.outcome == "no_match":  # an end is final, whether the move from there is told of before or after
            lifecycle.revoke(enrollment, reason="territory_unsupported", now=now, by=by)
            return Status.PROCESSED
        if is_outdone(event, self.name):
            return Status.SUPERSEDED
        _move(enrollment, finding, moved_at=event.fact_at, now=now, by=by)
        return Status.PROCESSED


def _move(enrollment: Enrollment, finding: Finding, *, moved_at: datetime, now: datetime, by: Actor) -> None:
    matching.record(enrollment, finding, now=now)
    cases.leave_place(enrollment, now=now)
    enrollment.device.site = enrollment.site
    enrollment.device.save(update_fields=["site", "updated_at"])
    if enrollment.account_verified_at is not None and enrollment.account_verified_at <= moved_at:
        enrollment.account_verified_at = None  # it was the account of the old address
    lifecycle.relocate(enrollment, now=now, by=by)
    lifecycle.advance(enrollment, now=now, by=by)
