"""Which facts are later than which (contract §4): by their own times, never by when they came."""

from collections.abc import Collection

from enrollments.consent import Standing
from enrollments.models import Consent, Enrollment, PartnerEvent
from enrollments.models.event import EventType
from enrollments.states import State


def is_outdone(event: PartnerEvent, *types: EventType) -> bool:
    """Whether a later event of these types is known, also one that still waits."""
    others = PartnerEvent.objects.filter(
        enrollment=event.enrollment_id, type__in=types, fact_at__gte=event.fact_at
    ).exclude(pk=event.pk)
    return any(other.order > event.order for other in others)


def has_ended(enrollment: Enrollment) -> bool:
    """The end is later than whatever else happened to it."""
    return State(enrollment.state) is State.REVOKED


def consent_changed_later(
    enrollment: Enrollment, event: PartnerEvent, *, before: Standing, paths: Collection[str]
) -> bool:
    """A later grant or revocation is known, and what stands is what stood `before` the event: it changed nothing."""
    grants = Consent.objects.filter(enrollment=enrollment, path__in=paths, granted_at__gt=event.fact_at)
    revoked_at = enrollment.consent_revoked_at
    revoked = revoked_at is not None and revoked_at > event.fact_at
    return (revoked or grants.exists()) and enrollment.standing() == before
