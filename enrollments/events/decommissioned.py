"""The device is out of service: its enrollment ends."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from enrollments import lifecycle
from enrollments.events.base import Kind, Status
from enrollments.events.fields import EventData, PastInstant
from enrollments.events.sequence import has_ended
from enrollments.models import Enrollment, PartnerEvent
from enrollments.models.event import EventType
from partners.wire import Text
from texture_portal.actors import Actor


class DecommissionedData(EventData):
    decommissioned_at = PastInstant()
    reason = Text(max_length=1000)


class Decommissioned(Kind):
    """The partner's reason stays sealed: in the history it could not be erased."""

    name = EventType.DECOMMISSIONED
    within = timedelta(minutes=15)
    data = DecommissionedData
    fact = "decommissioned_at"
    taken_always: ClassVar = True

    def apply(
        self, enrollment: Enrollment, event: PartnerEvent, data: dict[str, Any], found: Any, *, now: datetime, by: Actor
    ) -> Status:
        if has_ended(enrollment):
            return Status.SUPERSEDED
        lifecycle.revoke(enrollment, reason="decommissioned", now=now, by=by)
        return Status.PROCESSED
