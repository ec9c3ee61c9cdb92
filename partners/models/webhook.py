"""Where a partner wants to be told, what it was to be told, and how the telling went (contract §9)."""

from datetime import datetime

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from partners.models.partner import Partner
from texture_portal import sealed_columns
from texture_portal.ids import new_id

LONGEST_URL = 2000
LONGEST_ANSWER = 2000  # characters of an answer that are kept

# `Partner.takes_webhooks` spares those who have no endpoint every statement; it is derived again whenever one changes.
REFRESH_PARTNER = """
UPDATE partners_partner SET takes_webhooks = takes_webhooks WHERE id = COALESCE(NEW.partner_id, OLD.partner_id);
RETURN NULL;
"""


class WebhookEndpoints(models.QuerySet["WebhookEndpoint"]):
    def shown(self) -> "WebhookEndpoints":
        """What the partner still has, those that are disabled too."""
        return self.filter(removed_at=None)


class WebhookEndpoint(models.Model):
    class DisabledBy(models.TextChoices):
        GONE = "gone", "It answered 410"
        STAFF = "staff", "By staff"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="webhook_endpoints")
    url = models.CharField(max_length=LONGEST_URL)
    event_types = ArrayField(models.CharField(max_length=60), help_text="`*`: every one.")
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_by = models.CharField(max_length=8, choices=DisabledBy, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(
        default=0, help_text="Failures since the last success; those under way at once count as one."
    )
    failed_at = models.DateTimeField(null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True, help_text="Nothing is sent to it before then.")
    last_success_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = WebhookEndpoints.as_manager()

    class Meta:
        ordering = ["-created_at"]
        permissions = [
            ("manage_webhookendpoint", "Can test, disable and enable webhook endpoints, and rotate their secrets")
        ]
        constraints = [
            models.CheckConstraint(
                name="webhook_endpoint_disabled_when_and_by_what",
                condition=Q(disabled_at__isnull=True, disabled_by="")
                | (Q(disabled_at__isnull=False) & ~Q(disabled_by="")),
            ),
            models.CheckConstraint(name="webhook_endpoint_takes_something", condition=Q(event_types__len__gt=0)),
        ]
        indexes = [models.Index(fields=["partner", "-created_at", "-id"], name="webhook_endpoints_newest")]
        triggers = [
            pgtrigger.Trigger(
                name="partner_takes_webhooks",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Delete,
                func=REFRESH_PARTNER,
            ),
            pgtrigger.Trigger(
                name="partner_still_takes_webhooks",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("disabled_at", "removed_at"),
                func=REFRESH_PARTNER,
            ),
        ]

    def __str__(self) -> str:
        """Without the URL: its path may be a secret of the partner's."""
        return f"{self.partner}: endpoint {self.id}"

    @property
    def is_live(self) -> bool:
        return self.disabled_at is None and self.removed_at is None


class WebhookSecret(models.Model):
    """What an endpoint's messages are signed with. After a rotation the old one signs too, for a while."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.BinaryField(editable=False)
    signs_until = models.DateTimeField(null=True, blank=True, help_text="Null: it is the present one.")
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"], condition=Q(signs_until__isnull=True), name="one_present_webhook_secret"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    def signs(self, *, now: datetime) -> bool:
        return self.signs_until is None or now < self.signs_until

    def set_secret(self, secret: bytes) -> None:
        sealed_columns.seal(self, "sealed", secret)

    def secret(self) -> bytes:
        opened = sealed_columns.opened(self, "sealed")
        if opened is None:
            raise ValueError(f"webhook secret {self.id} is empty")
        return opened


class WebhookMessage(models.Model):
    """What a partner is told: written in the transaction of its cause. The id is its `key`, the same on every retry."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="webhook_messages")
    type = models.CharField(max_length=60)
    subject = models.UUIDField(null=True, help_text="The enrollment: what it is told of one comes in order.")
    body = models.TextField(blank=True, help_text="What is sent, to the byte; blank where it is no longer kept.")
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject", "id"], condition=Q(subject__isnull=False), name="webhooks_of_subject"),
            models.Index(fields=["created_at"], name="webhooks_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class WebhookDelivery(models.Model):
    """One message to one endpoint. The row is the job: claimed until a time, so that a killed worker loses nothing.

    The number is the order: rows of one subject are written one after the other, by whoever holds it.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        DELIVERED = "delivered", "Delivered"
        DEAD = "dead", "Dead letter"
        EXPIRED = "expired", "Expired"
        CANCELLED = "cancelled", "Endpoint removed"

    id = models.BigAutoField(primary_key=True)
    # Found by the composite indexes below.
    message = models.ForeignKey(WebhookMessage, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    subject = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Begun, the one under way included.")
    due_at = models.DateTimeField(help_text="When to try next; while one is under way, when it is taken for lost.")
    claimed_until = models.DateTimeField(null=True)
    give_up_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True, help_text="Of the last attempt.")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "webhook deliveries"
        permissions = [("resend_webhookdelivery", "Can send dead letters again")]
        constraints = [
            models.UniqueConstraint(fields=["message", "endpoint"], name="webhook_once_an_endpoint"),
            models.CheckConstraint(
                name="webhook_settled_exactly_when_not_pending",
                condition=Q(state="pending", settled_at__isnull=True)
                | (~Q(state="pending") & Q(settled_at__isnull=False, claimed_until__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["endpoint", "due_at", "id"], condition=Q(state="pending"), name="webhooks_due"),
            models.Index(
                fields=["endpoint", "subject", "id"],
                condition=Q(state="pending", subject__isnull=False),
                name="webhooks_in_order",
            ),
            models.Index(
                fields=["endpoint", "claimed_until"],
                condition=Q(claimed_until__isnull=False),
                name="webhooks_in_flight",
            ),
            models.Index(
                fields=["expires_at"], condition=Q(state="pending", expires_at__isnull=False), name="webhooks_expiring"
            ),
            models.Index(fields=["endpoint", "-id"], condition=Q(state="dead"), name="webhooks_dead"),
            models.Index(fields=["endpoint", "-id"], name="webhooks_of_endpoint"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.endpoint_id}"


class WebhookAnswer(models.Model):
    """What a partner said in its 2xx to a message that asks something of it: a row until it is heard."""

    id = models.BigAutoField(primary_key=True)
    type = models.CharField(max_length=60)
    subject = models.UUIDField()
    said = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"answer about {self.subject}"


class WebhookAttempt(models.Model):
    """One call of an endpoint, and what came back."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="log")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True, help_text="Null where no answer came.")
    outcome = models.CharField(max_length=40)
    answer = models.CharField(max_length=LONGEST_ANSWER, blank=True, help_text="Its beginning, without what is secret.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="webhook_attempts_are_counted_from_one", condition=Q(number__gte=1)),
        ]
        indexes = [models.Index(fields=["at"], name="webhook_attempts_by_age")]

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.outcome}"
