"""That a partner was told, so and so many days before, that a consent runs out by its age (§11.8)."""

from datetime import timedelta

from django.db import models

from enrollments.models.enrollment import Enrollment
from texture_portal.ids import new_id

FIRST_NOTICE, LAST_NOTICE = timedelta(days=30), timedelta(days=7)  # §11.8


class ExpiryNotice(models.Model):
    """Written with the webhook, so that each is told once. `granted_at` says which consent it was about.

    Of one consent there are two of a kind only where its program's limit was lengthened: then it ends later.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="expiry_notices")
    granted_at = models.DateTimeField()
    days_before = models.PositiveSmallIntegerField()
    expires_at = models.DateTimeField()
    told_at = models.DateTimeField()

    class Meta:
        ordering = ["-told_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment", "granted_at", "days_before", "expires_at"], name="expiry_told_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.days_before} days before {self.expires_at:%Y-%m-%d}"
