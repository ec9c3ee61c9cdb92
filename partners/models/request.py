"""What is kept of partners' requests: answers to replay, refusals to explain, signed originals as evidence."""

import json
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from partners.models.customer import Customer
from partners.models.partner import Partner
from partners.models.signing_key import SigningKey
from texture_portal.append_only import append_only
from texture_portal.ids import new_id

# The limits are set before the row is made, and making it may wait for another that is made in a transaction.
CLAIM = """
WITH limits AS MATERIALIZED (
    SELECT set_config('lock_timeout', %s, true), set_config('idle_in_transaction_session_timeout', %s, true)
)
INSERT INTO partners_idempotencyrecord AS held
    (partner_id, namespace, key, fingerprint, status, headers, body, expires_at, created_at)
SELECT %s, %s, %s, %s, NULL, '{}', '', %s, %s FROM limits
ON CONFLICT (partner_id, namespace, key) DO UPDATE
    SET fingerprint = EXCLUDED.fingerprint, status = NULL, headers = '{}', body = '',
        expires_at = EXCLUDED.expires_at, created_at = EXCLUDED.created_at
    WHERE held.expires_at <= EXCLUDED.created_at
RETURNING id
"""

SETTLE = "UPDATE partners_idempotencyrecord SET status = %s, headers = %s, body = %s WHERE id = %s"
LOOK_UP = "SELECT * FROM partners_idempotencyrecord WHERE partner_id = %s AND namespace = %s AND key = %s"


class IdempotencyRecords(models.QuerySet["IdempotencyRecord"]):
    def look_up(self, *, partner: Partner, namespace: str, key: str) -> "IdempotencyRecord | None":
        return next(iter(self.raw(LOOK_UP, [partner.id, namespace, key])), None)

    def claim(
        self,
        *,
        partner: Partner,
        namespace: str,
        key: str,
        fingerprint: bytes,
        now: datetime,
        expires_at: datetime,
        longest_wait: str,
        longest_idle: str,
    ) -> int | None:
        """The id of a record made for this key; None where one is in force, after waiting for a concurrent one.

        The limits, as PostgreSQL writes them (`10s`), hold to the end of the transaction.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                CLAIM, [longest_wait, longest_idle, partner.id, namespace, key, fingerprint, expires_at, now]
            )
            row = cursor.fetchone()
        return int(row[0]) if row else None

    def settle(self, record_id: int, *, status: int, headers: dict[str, str], body: bytes) -> None:
        with connection.cursor() as cursor:
            cursor.execute(SETTLE, [status, json.dumps(headers), body, record_id])

    def purge(self, *, now: datetime) -> int:
        """Deletes what is kept no longer, and returns how many there were."""
        return self.filter(expires_at__lte=now).delete()[0]


class IdempotencyRecord(models.Model):
    """The answer to one request, written in the transaction of its effect (contract §2.4).

    `status` is null only inside that transaction: others that bring the same key wait on the unique index.
    """

    class Namespace(models.TextChoices):
        REQUEST = "request", "Idempotency-Key of a request"
        BATCH_ITEM = "batch_item", "requestId within a batch"

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    namespace = models.CharField(max_length=10, choices=Namespace, default=Namespace.REQUEST)
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(help_text="SHA-256 over method, path with query, and body.")
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    expires_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = IdempotencyRecords.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "namespace", "key"], name="idempotency_key_of_partner")
        ]
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
    batch_id = models.UUIDField(
        null=True, blank=True, db_index=True, help_text="The request id of the batch whose item this was."
    )

    class Meta:
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["partner", "-at"], name="refused_by_partner"),
            models.Index(fields=["subject"], name="refused_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.id}"


class SignedRequest(models.Model):
    """The raw signed request of an accepted enrollment or consent, sealed under its customer's key; append-only.

    `sealed_message` opens to JSON: method, target, authority, the signed headers, and the body (base64).
    """

    class Proof(models.TextChoices):
        SIGNATURE = "signature", "Signature can be verified again with the key kept here"
        RECEIPT = "receipt", "Verified at receipt"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="signed_requests")
    request_id = models.UUIDField(db_index=True)
    received_at = models.DateTimeField()
    signature_created_at = models.DateTimeField()
    signing_key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="+")
    algorithm = models.CharField(max_length=20)
    public_key_pem = models.TextField(blank=True)
    proof = models.CharField(max_length=10, choices=Proof)
    covered = ArrayField(models.CharField(max_length=60), default=list)
    sealed_message = models.BinaryField()
    digest = models.BinaryField(help_text="SHA-256 of sealed_message: what the audit chain holds on to.")

    class Meta:
        triggers = append_only("signed requests are evidence")

    def __str__(self) -> str:
        return str(self.request_id)
