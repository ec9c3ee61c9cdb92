"""Asking a partner for its original records of a consent, and what came (§11.5, Consent Audit Trail)."""

import hashlib

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from enrollments.models.consent import Consent
from enrollments.models.enrollment import PERSON_OF, Enrollment
from partners.models import SignedRequest
from texture_portal.actors import Channel, Role
from texture_portal.append_only import append_only
from texture_portal.fingerprints import fingerprint
from texture_portal.ids import new_id


class EvidenceRequest(models.Model):
    """One question to the partner. It is answered by the first record that comes after it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="evidence_requests")
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="evidence_requests")
    message = models.TextField(blank=True, help_text="The partner reads this as it stands.")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due_at"]
        permissions = [("ask_evidence", "Can ask partners for their records of a consent, and file what they send")]
        constraints = [
            models.UniqueConstraint(
                fields=["consent"], condition=Q(answered_at__isnull=True), name="one_open_question_per_consent"
            ),
            models.CheckConstraint(name="evidence_due_after_it_was_asked", condition=Q(due_at__gt=F("asked_at"))),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(answered_at__isnull=True), name="evidence_owed_by_due"),
        ]

    def __str__(self) -> str:
        return f"Records of {self.consent_id}"


class EvidenceRecord(models.Model):
    """What the partner has kept of a consent: by its signed request, or filed by staff and sealed here. Append-only.

    The digest is in the enrollment's chain, and covers what the record rests on.
    """

    class Method(models.TextChoices):
        SCREENSHOT = "screenshot", "Screenshot"
        LOG = "log", "Log"
        SIGNED_FORM = "signed_form", "Signed form"
        RECORDING = "recording", "Recording"
        OTHER = "other", "Other"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="evidence_records")
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="evidence_records")
    request = models.ForeignKey(EvidenceRequest, on_delete=models.PROTECT, null=True, related_name="records")
    method = models.CharField(max_length=12, choices=Method)
    received_at = models.DateTimeField()
    actor_role = models.CharField(max_length=10, choices=[(r.value, r.value) for r in Role])
    actor_name = models.CharField(max_length=255)
    channel = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Channel])
    sealed_content = models.BinaryField(help_text="The record as JSON, under the customer's key.")
    signed_request = models.ForeignKey(SignedRequest, on_delete=models.PROTECT, null=True, related_name="+")
    signed_request_digest = models.BinaryField(null=True)
    digest = models.BinaryField(help_text="SHA-256 over every column: what the audit chain holds on to.")

    class Meta:
        ordering = ["received_at", "id"]
        triggers = append_only("records of consents are evidence", gone_when=PERSON_OF.format("forgotten_at"))
        constraints = [
            models.CheckConstraint(
                name="record_with_its_request_and_digest",
                condition=Q(signed_request__isnull=True, signed_request_digest__isnull=True)
                | Q(signed_request__isnull=False, signed_request_digest__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_method_display()} of {self.received_at:%Y-%m-%d}"

    @property
    def place(self) -> str:
        return f"evidence-record:{self.id}"

    def compute_digest(self) -> bytes:
        """Over every column but itself, the sealed content by its own SHA-256."""
        columns = {field.attname: getattr(self, field.attname) for field in self._meta.concrete_fields}
        columns["sealed_content"] = hashlib.sha256(self.sealed_content).digest()
        return fingerprint({name: value for name, value in columns.items() if name != "digest"})
