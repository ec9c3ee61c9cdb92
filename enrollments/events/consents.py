"""The customer takes consent back, or it runs out. Grants and revocations are one kind of fact."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from enrollments import lifecycle
from enrollments.events.base import Kind, Status
from enrollments.events.fields import EventData, PastInstant
from enrollments.events.sequence import consent_changed_later
from enrollments.models import Consent, Enrollment, PartnerEvent
from enrollments.models.event import EventType
from partners.wire import Text
from texture_portal.actors import Actor


class ConsentRevokedData(EventData):
    revoked_at = PastInstant()
    source = Text()  # type: ignore[assignment]


class ConsentRevoked(Kind):
    """By whichever path it was given, all that was granted until then is revoked (§11.8)."""

    name = EventType.CONSENT_REVOKED
    within = timedelta(minutes=1)
    data = ConsentRevokedData
    fact = "revoked_at"
    taken_always: ClassVar = True
    kept_for_unknown_device: ClassVar = True
    strikes_grants: ClassVar = True

    def apply(
        self, enrollment: Enrollment, event: PartnerEvent, data: dict[str, Any], found: Any, *, now: datetime, by: Actor
    ) -> Status:
        before = enrollment.standing()
        lifecycle.revoke_consent(enrollment, revoked_at=event.fact_at, source=data["source"], now=now, by=by)
        outdone = consent_changed_later(enrollment, event, before=before, paths=Consent.Path.values)
        return Status.SUPERSEDED if outdone else Status.PROCESSED


class ConsentExpiredData(EventData):
    expired_at = PastInstant()


class ConsentExpired(Kind):
    """What the partner's own consent allowed ends; one that the end user gave by OAuth stands (§11.8)."""

    name = EventType.CONSENT_EXPIRED
    within = timedelta(minutes=1)
    data = ConsentExpiredData
    fact = "expired_at"

    def apply(
        self, enrollment: Enrollment, event: PartnerEvent, data: dict[str, Any], found: Any, *, now: datetime, by: Actor
    ) -> Status:
        before = enrollment.standing()
        lifecycle.expire_consent(enrollment, expired_at=event.fact_at, path=Consent.Path.OEM, now=now, by=by)
        outdone = consent_changed_later(enrollment, event, before=before, paths=[Consent.Path.OEM])
        return Status.SUPERSEDED if outdone else Status.PROCESSED
