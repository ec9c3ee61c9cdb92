"""A revocation is carried to the other side (§11.5, §11.8): what had to be done about it, by when, and what was."""

from django.db import models
from django.db.models import Q

from enrollments.models.enrollment import Enrollment
from texture_portal.ids import new_id


class RevocationDuty(models.Model):
    """One thing to be done about one revocation. The row is the job, and the proof."""

    class Kind(models.TextChoices):
        PARTNER_TOLD = "partner_told", "The partner acknowledges it"
        ACCESS_GIVEN_UP = "access_given_up", "OAuth access is given up at the OEM"

    class Outcome(models.TextChoices):
        ACKNOWLEDGED = "acknowledged", "Acknowledged by the partner's first 2xx"
        REPORTED_BY_PARTNER = "reported_by_partner", "The partner itself reported it, and takes no webhooks"
        GIVEN_UP = "given_up", "Given up at the OEM"
        NOT_TOLD = "not_told", "The OEM has no way to be told: what opened it is destroyed"
        UNREACHED = "unreached", "Nobody could be told before the customer's data were deleted"
        WITHDRAWN = "withdrawn", "No longer used for this device; the grant goes on for others"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="revocation_duties")
    kind = models.CharField(max_length=16, choices=Kind)
    revoked_at = models.DateTimeField()
    by_partner = models.BooleanField(default=False, help_text="The partner reported the revocation itself.")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="Within 24 hours (§11.5).")
    settled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)

    # Work that waits: to be tried, or looked at, at this time.
    attempt_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    last_fault = models.CharField(max_length=255, blank=True, help_text="Why it is not done yet.")

    class Meta:
        ordering = ["-opened_at", "-id"]
        verbose_name_plural = "revocation duties"
        permissions = [("retry_revocationduty", "Can have an open duty tried again")]
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "kind", "revoked_at"], name="one_duty_per_revocation"),
            models.CheckConstraint(
                name="duty_settled_when_and_how",
                condition=Q(settled_at__isnull=True, outcome="", attempt_at__isnull=False)
                | (Q(settled_at__isnull=False, attempt_at__isnull=True) & ~Q(outcome="")),
            ),
        ]
        indexes = [
            models.Index(fields=["attempt_at"], condition=Q(attempt_at__isnull=False), name="duties_to_do"),
            models.Index(fields=["due_at"], condition=Q(settled_at__isnull=True), name="duties_by_due"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.enrollment_id})"
