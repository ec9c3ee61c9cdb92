"""The device went silent, or is back. Both are one kind of fact, and so is a reading."""

from datetime import datetime, timedelta
from typing import Any

from enrollments import lifecycle
from enrollments.events.base import Kind, Status
from enrollments.events.fields import EventData, PastInstant
from enrollments.events.sequence import has_ended
from enrollments.models import Enrollment, PartnerEvent
from enrollments.models.event import EventType
from texture_portal.actors import Actor


class ConnectivityLostData(EventData):
    last_seen_at = PastInstant()


class ConnectivityLost(Kind):
    name = EventType.CONNECTIVITY_LOST
    within = timedelta(minutes=15)
    data = ConnectivityLostData
    fact = "last_seen_at"

    def apply(
        self, enrollment: Enrollment, event: PartnerEvent, data: dict[str, Any], found: Any, *, now: datetime, by: Actor
    ) -> Status:
        known = (
            enrollment.connectivity_lost_at,
            enrollment.connectivity_restored_at,
            enrollment.device.last_reading_at,
        )
        if has_ended(enrollment) or any(each is not None and each > event.fact_at for each in known):
            return Status.SUPERSEDED
        lifecycle.report_connectivity_lost(enrollment, last_seen_at=event.fact_at, now=now, by=by)
        return Status.PROCESSED


class ConnectivityRestoredData(EventData):
    restored_at = PastInstant()


class ConnectivityRestored(Kind):
    name = EventType.CONNECTIVITY_RESTORED
    within = timedelta(minutes=15)
    data = ConnectivityRestoredData
    fact = "restored_at"

    def apply(
        self, enrollment: Enrollment, event: PartnerEvent, data: dict[str, Any], found: Any, *, now: datetime, by: Actor
    ) -> Status:
        lost_at, restored_at = enrollment.connectivity_lost_at, enrollment.connectivity_restored_at
        lost_later = lost_at is not None and lost_at >= event.fact_at  # at a tie the loss wins
        if has_ended(enrollment) or lost_later or (restored_at is not None and restored_at > event.fact_at):
            return Status.SUPERSEDED
        lifecycle.report_connectivity_restored(enrollment, restored_at=event.fact_at, now=now, by=by)
        return Status.PROCESSED
