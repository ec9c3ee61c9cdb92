"""The device changed hands, the partner says: staff confirm it within 24 hours (contract §3, The lifecycle)."""

from datetime import datetime, timedelta
from typing import Any

from enrollments import lifecycle
from enrollments.events.base import Kind, Status
from enrollments.events.fields import EventData, PastDayOrInstant
from enrollments.events.sequence import has_ended, is_outdone
from enrollments.models import Enrollment, PartnerEvent
from enrollments.models.event import EventType
from partners.wire import Text
from texture_portal.actors import Actor


class OwnershipTransferredData(EventData):
    previous_owner = Text()
    new_owner = Text()
    transferred_on = PastDayOrInstant()


class OwnershipTransferred(Kind):
    """Out of dispatch at once, which is this event's effect; the case has the 24 hours on it."""

    name = EventType.OWNERSHIP_TRANSFERRED
    within = timedelta(hours=24)
    data = OwnershipTransferredData
    fact = "transferred_on"

    def apply(
        self, enrollment: Enrollment, event: PartnerEvent, data: dict[str, Any], found: Any, *, now: datetime, by: Actor
    ) -> Status:
        if has_ended(enrollment) or is_outdone(event, self.name):
            return Status.SUPERSEDED
        lifecycle.report_ownership_transfer(enrollment, transferred_at=event.fact_at, now=now, by=by)
        return Status.PROCESSED
