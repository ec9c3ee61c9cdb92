"""What is kept of partners' requests: answers to replay, refusals to explain, signed originals as evidence."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from partners.models.customer import Customer
from partners.models.partner import Partner
from partners.models.signing_key import SigningKey
from texture_portal import clock
from texture_portal.append_only import append_only
from texture_portal.fingerprints import fingerprint
from texture_portal.ids import new_id

UNIQUE_KEY = "idempotency_key_of_partner"


class IdempotencyRecords(models.QuerySet["IdempotencyRecord"]):
    def of_keys(self, *, partner: Partner, namespace: str, keys: Sequence[str]) -> Self:
        return self.filter(partner=partner, namespace=namespace, key__in=keys)

    def purge(self, *, now: datetime) -> int:
        """Deletes what is kept no longer, and returns how many there were."""
        return self.filter(expires_at__lte=now).delete()[0]


class IdempotencyRecord(models.Model):
    """The answer to one request, written in the transaction of its effect (contract §2.4)."""

    class Namespace(models.TextChoices):
        REQUEST = "request", "Idempotency-Key of a request"
        BATCH_ITEM = "batch_item", "requestId within a batch"

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+", db_index=False)
    namespace = models.CharField(max_length=10, choices=Namespace, default=Namespace.REQUEST)
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(help_text="SHA-256 over method, path with query, and body.")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    expires_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField(default=clock.now)
    replays = models.PositiveIntegerField(default=0, help_text="How often the same request came again.")

    objects = IdempotencyRecords.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "namespace", "key"], name=UNIQUE_KEY)]
        verbose_name = "kept answer"
        permissions = [("view_whole_idempotency_key", "Can read a partner's whole idempotency key")]

    def __str__(self) -> str:
        """Without the key: whoever has it could ask for the answer."""
        return f"{self.get_namespace_display()} at {self.created_at:%Y-%m-%d %H:%M}"


class RefusedRequest(models.Model):
    """One refused request of a known partner: what was wrong, never the values that were sent."""

    id = models.UUIDField(
        primary_key=True,
        editable=False,
        help_text="The request id, as the partner has it; an item of a batch has its own.",
    )
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="refused_requests")
    at = models.DateTimeField()
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=255)
    status = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=40)
    faults = models.JSONField(default=list, help_text="Pointer and code of each fault.")
    subject = models.CharField(
        max_length=255,
        blank=True,
        help_text="The device or enrollment it was about, in the partner's own words.",
    )
    flag = models.CharField(max_length=60, blank=True, help_text="Why staff should look at it.")
    about = models.UUIDField(
        null=True, blank=True, help_text="The enrollment that it ran into, of whichever partner: for staff alone."
    )
    batch_id = models.UUIDField(
        null=True, blank=True, db_index=True, help_text="The request id of the batch whose item this was."
    )

    class Meta:
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["partner", "-at"], name="refused_by_partner"),
            models.Index(fields=["subject"], name="refused_by_subject"),
            models.Index(fields=["about"], condition=models.Q(about__isnull=False), name="refused_by_object"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.id}"


class SignedRequest(models.Model):
    """The raw signed request of an accepted enrollment, consent or event, sealed under its customer's key; append-only.

    An event about a device that nobody enrolled has no customer: it is sealed under the portal's own key.

    `sealed_message` opens to JSON: method, target, authority, the signed headers, and the body (base64).
    """

    class Proof(models.TextChoices):
        SIGNATURE = "signature", "Signature can be verified again with the key kept here"
        RECEIPT = "receipt", "Verified at receipt"
        FILE = "file", "A row of a file that staff uploaded; the file's digest is kept"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="signed_requests")
    request_id = models.UUIDField(db_index=True)
    received_at = models.DateTimeField()
    signature_created_at = models.DateTimeField()
    signing_key = models.ForeignKey(
        SigningKey,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="None for a row of a file.",
    )
    algorithm = models.CharField(max_length=20, blank=True)
    public_key_pem = models.TextField(blank=True)
    proof = models.CharField(max_length=10, choices=Proof)
    covered = ArrayField(models.CharField(max_length=60), default=list)
    sealed_message = models.BinaryField()
    digest = models.BinaryField(help_text="SHA-256 over every column: what the audit chain holds on to.")

    class Meta:
        triggers = append_only(
            "signed requests are evidence",
            blanks={"sealed_message": "''::bytea"},
            blanked_when="OLD.customer_id IS NULL",
            gone_when="EXISTS (SELECT FROM partners_customer WHERE id = OLD.customer_id AND forgotten_at IS NOT NULL)",
        )
        constraints = [
            models.CheckConstraint(
                name="unsigned_only_from_a_file",
                condition=models.Q(proof="file", signing_key__isnull=True)
                | ~models.Q(proof="file") & models.Q(signing_key__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.request_id)

    def compute_digest(self) -> bytes:
        """Over every column but itself, the sealed message by its own SHA-256."""
        columns = {field.attname: getattr(self, field.attname) for field in self._meta.concrete_fields}
        columns["sealed_message"] = hashlib.sha256(self.sealed_message).digest()
        return fingerprint({name: value for name, value in columns.items() if name != "digest"})
