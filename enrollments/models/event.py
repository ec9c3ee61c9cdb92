"""The inbox of lifecycle events (§11.6): what partners reported, as a row before anything came of it."""

from datetime import datetime
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import F, Max, Q

from enrollments.models.enrollment import Enrollment
from enrollments.states import State
from partners.models import Partner, SignedRequest
from texture_portal.ids import new_id


class EventType(models.TextChoices):
    """The contract's types (§4). What each one does is in `enrollments.events`."""

    CONSENT_REVOKED = "consent.revoked", "Consent revoked"
    CONSENT_EXPIRED = "consent.expired", "Consent expired"
    DECOMMISSIONED = "device.decommissioned", "Device decommissioned"
    RELOCATED = "device.relocated", "Device relocated"
    OWNERSHIP_TRANSFERRED = "device.ownership_transferred", "Ownership transferred"
    CONNECTIVITY_LOST = "device.connectivity_lost", "Connectivity lost"
    CONNECTIVITY_RESTORED = "device.connectivity_restored", "Connectivity restored"


def breached(*, now: datetime) -> Q:
    """What took effect late, and what has not yet and should have."""
    return Q(processed_at__gt=F("due_at")) | Q(processed_at__isnull=True, due_at__lt=now)


class PartnerEventQuerySet(models.QuerySet["PartnerEvent"]):
    def to_process(self, *, now: datetime) -> Self:
        """What waits, that which must take effect first before all others."""
        return self.filter(attempt_at__lte=now).order_by("due_at", "id")

    def breaches(self, *, now: datetime) -> Self:
        return self.filter(breached(now=now))

    def last_revocation(self, *, partner_id: UUID, manufacturer_device_id: str) -> datetime | None:
        """Of a device that was not known when its customer revoked (contract §4)."""
        kept = self.filter(
            partner=partner_id,
            manufacturer_device_id=manufacturer_device_id,
            type=EventType.CONSENT_REVOKED,
            enrollment__isnull=True,
        )
        latest: datetime | None = kept.aggregate(latest=Max("fact_at"))["latest"]
        return latest


class PartnerEvent(models.Model):
    """One event, whatever became of it. What it says in full is in its signed request, sealed.

    `fact_at` is what sequences it: the fact's own time. An event about a device that is not known has no enrollment,
    and nothing is due.
    """

    class Status(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        PROCESSED = "processed", "Processed"
        SUPERSEDED = "superseded", "Superseded by a later fact"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="events")
    event_id = models.CharField(max_length=255, help_text="The partner's own.")
    type = models.CharField(max_length=32, choices=EventType)
    manufacturer_device_id = models.CharField(max_length=255)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, null=True, related_name="events")
    occurred_at = models.DateTimeField()
    fact_at = models.DateTimeField()
    signed_request = models.ForeignKey(SignedRequest, on_delete=models.PROTECT, related_name="+")
    request_id = models.UUIDField()
    status = models.CharField(max_length=12, choices=Status, default=Status.ACCEPTED)
    enrollment_state = models.CharField(
        max_length=24, blank=True, choices=[(s.value, s.label) for s in State], help_text="Once it had taken effect."
    )
    received_at = models.DateTimeField()
    repeats = models.PositiveIntegerField(default=0, help_text="How often the same event was sent again.")
    processed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="By when it must have taken effect (§11.6).")

    # Work that waits: to be tried at this time.
    attempt_at = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = PartnerEventQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        permissions = [("retry_partnerevent", "Can have a waiting event tried again")]
        constraints = [
            models.UniqueConstraint(fields=["partner", "event_id"], name="event_of_partner"),
            models.CheckConstraint(
                name="event_processed_exactly_when_settled",
                condition=Q(status="accepted", processed_at__isnull=True)
                | (~Q(status="accepted") & Q(processed_at__isnull=False, attempt_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="event_due_exactly_where_there_is_an_enrollment",
                condition=Q(enrollment__isnull=True, due_at__isnull=True, attempt_at__isnull=True)
                | Q(enrollment__isnull=False, due_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(attempt_at__isnull=False), name="events_to_process"),
            models.Index(fields=["partner", "manufacturer_device_id"], name="events_of_device"),
            models.Index(fields=["received_at"], name="events_by_arrival"),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {self.event_id}"

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        """Which of two events of one kind is the later: the same whichever comes first."""
        return self.fact_at, self.occurred_at, self.event_id
