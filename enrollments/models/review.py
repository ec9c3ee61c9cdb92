"""What a machine could not decide, and what staff decided (§11.3)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from enrollments.models.enrollment import Enrollment
from territories.models import Utility
from texture_portal.ids import new_id


class ReviewCase(models.Model):
    class Kind(models.TextChoices):
        TERRITORY = "territory", "Which utility serves the site?"
        VERIFICATION = "verification", "Is the utility account the customer's?"
        OWNERSHIP = "ownership", "Has the device changed hands?"
        CONFLICT = "conflict", "Is the device enrolled elsewhere?"

    class Decision(models.TextChoices):
        CONFIRMED = "confirmed", "Confirmed"
        REJECTED = "rejected", "Rejected"
        MOOT = "moot", "No longer needed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="review_cases")
    kind = models.CharField(max_length=16, choices=Kind)
    reason = models.CharField(max_length=255)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=12, choices=Decision, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision_reason = models.TextField(blank=True)
    resolved_utility = models.ForeignKey(Utility, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    history = HistoricalRecords(history_user_id_field=models.IntegerField(null=True))

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment", "kind"],
                condition=Q(decided_at__isnull=True),
                name="one_open_case_per_question",
            ),
            models.CheckConstraint(
                name="decided_when_and_how",
                condition=Q(decided_at__isnull=True, decision="") | (Q(decided_at__isnull=False) & ~Q(decision="")),
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(decided_at__isnull=True), name="open_cases_by_due")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.enrollment_id})"
