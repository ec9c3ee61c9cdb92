"""What a customer agreed to, by one path, and how we know (§11.5)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from enrollments.consent import Claim, Grant
from enrollments.models.enrollment import Enrollment
from enrollments.models.ledger import LedgerEntry, keep_append_only
from partners.models import SignedRequest
from programs.models import ProgramType
from texture_portal.ids import new_id


class Consent(models.Model):
    """The standing consent of one enrollment by one path; every former version is in the history, chained."""

    class Path(models.TextChoices):
        OEM = "oem", "From the OEM or TPDO"
        OAUTH = "oauth", "From the end user by OAuth"

    class Source(models.TextChoices):
        DEVICE_APP = "device_app", "Device app"
        WEB_PORTAL = "web_portal", "Web portal"
        INSTALLER_APP = "installer_app", "Installer app"
        PURCHASE_FLOW = "purchase_flow", "Purchase flow"
        CALL_CENTER = "call_center", "Call center"
        PAPER_FORM = "paper_form", "Paper form"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="consents", db_index=False)
    path = models.CharField(max_length=8, choices=Path)
    source = models.CharField(max_length=16, choices=Source)
    terms_version = models.CharField(max_length=255)
    program_types = ArrayField(models.CharField(max_length=24, choices=ProgramType))
    granted_at = models.DateTimeField()
    received_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revocation_source = models.CharField(max_length=255, blank=True)
    expired_at = models.DateTimeField(null=True, blank=True)
    certification_version = models.CharField(max_length=20, help_text="Of the statement of §11.5 (1-5).")
    sealed_evidence = models.BinaryField(
        null=True, help_text="Method, IP address, user agent, under the customer's key."
    )
    signed_request = models.ForeignKey(SignedRequest, on_delete=models.PROTECT, null=True, related_name="consents")
    signed_request_digest = models.BinaryField(null=True, help_text="Puts the raw request into the chain.")

    skip_history_when_saving = True  # `enrollments.ledger` writes the history
    history = HistoricalRecords(
        bases=[LedgerEntry],
        history_user_id_field=models.IntegerField(null=True),
        history_change_reason_field=models.TextField(null=True),
        no_db_index=["signed_request"],
    )

    class Meta:
        ordering = ["granted_at"]
        permissions = [("view_evidence", "Can open what a consent was given with, and the signed request")]
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "path"], name="one_standing_consent_per_path"),
            models.CheckConstraint(name="consent_scope_not_empty", condition=Q(program_types__len__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.get_path_display()}: {', '.join(self.program_types)}"

    def as_claim(self) -> Claim:
        return Claim(self.granted_at, self.source, self.terms_version, tuple(self.program_types))

    def as_grant(self) -> Grant:
        return self.enrollment.grant(self.path, self.granted_at, self.program_types)


keep_append_only(Consent.history.model)
