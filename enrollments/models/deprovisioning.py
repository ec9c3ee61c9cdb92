"""A partner, a program or a portfolio comes to its end: what becomes of those in it. The row is the job (§9)."""

from django.db import models
from django.db.models import Q

from devices.models import Portfolio
from partners.models import Partner
from programs.models import Program
from texture_portal.ids import new_id


class Deprovisioning(models.Model):
    class Choice(models.TextChoices):
        REVOKE = "revoke", "Their enrollments end for good"
        HAND_OVER = "hand_over", "They go on with another partner"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="deprovisionings")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, null=True, related_name="deprovisionings")
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, null=True, related_name="deprovisionings")
    choice = models.CharField(max_length=10, choices=Choice)
    successor = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField()
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=255)
    enrollments_foreseen = models.PositiveIntegerField(help_text="Open ones, as the preview counted them.")
    revoked = models.PositiveIntegerField(default=0)
    handed_over = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("end_deprovisioning", "Can end a partner, a program or a portfolio with all that is in it")]
        constraints = [
            models.CheckConstraint(
                name="deprovisioning_of_one_thing",
                condition=Q(partner__isnull=False, program__isnull=True, portfolio__isnull=True)
                | Q(partner__isnull=True, program__isnull=False, portfolio__isnull=True)
                | Q(partner__isnull=True, program__isnull=True, portfolio__isnull=False),
            ),
            models.CheckConstraint(
                name="deprovisioning_hands_over_to_somebody",
                condition=Q(choice="hand_over", partner__isnull=False, successor__isnull=False)
                & ~Q(successor=models.F("partner"))
                | Q(choice="revoke", successor__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["partner"], condition=Q(finished_at__isnull=True), name="one_ending_of_a_partner"
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], condition=Q(finished_at__isnull=True), name="endings_to_do")]

    def __str__(self) -> str:
        return f"The end of {self.subject}"

    @property
    def subject(self) -> Partner | Program | Portfolio:
        found = self.partner or self.program or self.portfolio
        if found is None:
            raise ValueError(f"deprovisioning {self.pk} is of nothing")
        return found
