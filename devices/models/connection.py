"""A grant at an OEM's cloud: who gave it, how, what it is good for now, and how it ended (§3.1-3.3)."""

from datetime import datetime

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from devices.models.cloud import Cloud
from partners.models import Customer
from texture_portal import sealed_columns
from texture_portal.ids import new_id

SECRETS = ("sealed_access_token", "sealed_refresh_token", "sealed_client_secret", "sealed_api_key")
# Renewing is not history: it happens every hour, and changes nothing about who may do what.
OF_RENEWAL = (
    "expires_at", "renewed_at", "generation", "renewing_until", "renew_not_before", "unanswered", "failures",
    "refusals", "last_fault",
)  # fmt: skip
# What a grant is good for does not follow from who rests (`devices.portfolios.putting_to_rest`).
OF_REST = ("is_at_rest",)
OF_ENDING = ("end_attempt_at", "end_attempts", "end_fault")
HAS_ITS_SECRET = (
    Q(way="authorization_code", sealed_access_token__isnull=False)
    | Q(way="api_key", sealed_api_key__isnull=False)
    | Q(way="client_credentials")
)
EMPTY = Q(**{f"{each}__isnull": True for each in SECRETS})

# Those that are being asked this moment settle as they are: what looks for work sees the connection, too.
LEAVE_ALONE = """
IF NEW.status = 'active' AND NOT NEW.is_at_rest THEN
    UPDATE devices_poll SET is_left_alone = false WHERE id IN (
        SELECT id FROM devices_poll WHERE connection_id = NEW.id AND is_left_alone ORDER BY id FOR NO KEY UPDATE
    );
ELSE
    UPDATE devices_poll SET is_left_alone = true WHERE id IN (
        SELECT id FROM devices_poll WHERE connection_id = NEW.id AND due_at IS NOT NULL AND NOT is_left_alone
        FOR NO KEY UPDATE SKIP LOCKED
    );
END IF;
RETURN NULL;
"""


class Connection(models.Model):
    class Grantor(models.TextChoices):
        END_USER = "end_user", "End user"
        PROGRAM = "program", "Utility or program"
        FLEET = "fleet", "Fleet owner or TPDO"

    class Way(models.TextChoices):
        AUTHORIZATION_CODE = "authorization_code", "OAuth 2.0, authorization code"
        CLIENT_CREDENTIALS = "client_credentials", "OAuth 2.0, client credentials"
        API_KEY = "api_key", "API key"

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        BROKEN = "broken", "Broken"
        REVOKED = "revoked", "Revoked"

    class Ending(models.TextChoices):
        ENDED = "ended", "The cloud was told, and ended it"
        NOT_TOLD = "not_told", "The cloud has no way to be told; what opened it is destroyed here"
        NOTHING = "nothing", "Nothing was held that could be given up"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    cloud = models.ForeignKey(Cloud, on_delete=models.PROTECT, related_name="connections")
    name = models.CharField(max_length=255, blank=True, help_text="What staff call it.")
    grantor = models.CharField(max_length=10, choices=Grantor)
    way = models.CharField(max_length=20, choices=Way)
    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        null=True,
        related_name="connections",
        help_text="Whose end user granted it.",
    )
    client_id = models.CharField(max_length=255, blank=True, help_text="Of client credentials of its own.")
    scopes = ArrayField(models.CharField(max_length=255), default=list, blank=True, help_text="As they were granted.")
    granted_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    is_provisional = models.BooleanField(
        default=False, help_text="Granted at the cloud, but not yet agreed to on our page: it is used for nothing else."
    )
    is_at_rest = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="It reaches nothing but devices of suspended portfolios: it is not used.",
    )
    broken_at = models.DateTimeField(null=True)
    broken_reason = models.CharField(max_length=20, blank=True)

    # Sealed, each bound to this row and its column; destroyed when the grant has ended.
    sealed_access_token = models.BinaryField(null=True, editable=False)
    sealed_refresh_token = models.BinaryField(null=True, editable=False)
    sealed_client_secret = models.BinaryField(null=True, editable=False)
    sealed_api_key = models.BinaryField(null=True, editable=False)

    expires_at = models.DateTimeField(null=True, help_text="Of the access token; null where the cloud does not say.")
    renewed_at = models.DateTimeField(null=True, help_text="When the present tokens came.")
    generation = models.PositiveIntegerField(default=0, help_text="How often tokens have come.")
    renewing_until = models.DateTimeField(
        null=True, help_text="One worker asks for new tokens, and no other until then."
    )
    renew_not_before = models.DateTimeField(null=True, help_text="The cloud failed: it is left alone until then.")
    unanswered = models.PositiveSmallIntegerField(default=0, help_text="Renewals whose answer never came, in a row.")
    failures = models.PositiveSmallIntegerField(default=0, help_text="Renewals that failed, in a row.")
    refusals = models.PositiveSmallIntegerField(default=0, help_text="New tokens that were refused, in a row.")
    last_fault = models.CharField(max_length=40, blank=True)

    # Revoked here at once; the cloud is told by whoever comes first, until it has answered. The row is the job.
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=255, blank=True)
    revoked_reason = models.TextField(blank=True)
    end_attempt_at = models.DateTimeField(null=True)
    end_attempts = models.PositiveIntegerField(default=0)
    end_fault = models.CharField(max_length=40, blank=True, help_text="Why the cloud has not ended it yet.")
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=10, choices=Ending, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(
        excluded_fields=[*SECRETS, *OF_RENEWAL, *OF_REST, *OF_ENDING, "updated_at"],
        history_user_id_field=models.IntegerField(null=True),
        history_change_reason_field=models.TextField(null=True),
    )

    class Meta:
        ordering = ["-created_at"]
        default_permissions = ("view",)
        permissions = [
            ("add_connection", "Can add connections by client credentials or API key"),
            ("replace_connection_secret", "Can replace the secret of a connection, and have it tried again"),
            ("revoke_connection", "Can revoke a connection"),
        ]
        constraints = [
            models.CheckConstraint(
                name="connection_of_an_end_user_is_a_customers",
                condition=Q(grantor="end_user", way="authorization_code", customer__isnull=False)
                | (~Q(grantor="end_user") & Q(customer__isnull=True)),
            ),
            models.CheckConstraint(
                name="connection_of_a_program_needs_no_browser",
                condition=~Q(grantor="program", way="authorization_code"),
            ),
            models.CheckConstraint(
                name="connection_broken_when_and_why",
                condition=Q(status="broken", broken_at__isnull=False) & ~Q(broken_reason="")
                | ~Q(status="broken") & Q(broken_at__isnull=True, broken_reason=""),
            ),
            models.CheckConstraint(
                name="connection_revoked_when_and_by_whom",
                condition=Q(status="revoked", revoked_at__isnull=False) & ~Q(revoked_by="")
                | ~Q(status="revoked") & Q(revoked_at__isnull=True, revoked_by=""),
            ),
            models.CheckConstraint(
                name="connection_revoked_is_ended_or_waits_to_be",
                condition=Q(status="revoked", ended_at__isnull=True, end_attempt_at__isnull=False, ending="")
                | Q(status="revoked", ended_at__isnull=False, end_attempt_at__isnull=True) & ~Q(ending="")
                | ~Q(status="revoked") & Q(ended_at__isnull=True, end_attempt_at__isnull=True, ending=""),
            ),
            models.CheckConstraint(
                name="connection_has_its_secret_until_it_ended",
                condition=Q(ended_at__isnull=True) & HAS_ITS_SECRET | Q(ended_at__isnull=False) & EMPTY,
            ),
        ]
        indexes = [
            models.Index(fields=["cloud", "status"], name="connections_of_cloud"),
            models.Index(
                fields=["end_attempt_at"], condition=Q(end_attempt_at__isnull=False), name="connections_to_end"
            ),
            models.Index(fields=["id"], condition=Q(is_at_rest=True), name="connections_at_rest"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="revoked_is_for_good",
                field="status",
                transitions=[
                    ("active", "broken"), ("broken", "active"), ("active", "revoked"), ("broken", "revoked"),
                ],
            ),
            pgtrigger.Trigger(
                name="its_polls_are_left_alone",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("status", "is_at_rest"),
                func=LEAVE_ALONE,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name or f"{self.get_grantor_display()} at {self.cloud.name}, …{str(self.pk)[-12:]}"

    def secret(self, column: str) -> str | None:
        """One of `SECRETS` in the clear. Raises `vault.SealBrokenError`."""
        opened = sealed_columns.opened(self, column)
        return None if opened is None else opened.decode()

    def set_secret(self, column: str, secret: str | None) -> None:
        sealed_columns.seal(self, column, None if secret is None else secret.encode())

    def destroy_secrets(self) -> None:
        for column in SECRETS:
            self.set_secret(column, None)

    def is_being_renewed(self, *, now: datetime) -> bool:
        return self.renewing_until is not None and now < self.renewing_until


class GrantRequest(models.Model):
    """A person was sent to a cloud to say yes or no, and is expected back. Good once, for ten minutes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    cloud = models.ForeignKey(Cloud, on_delete=models.PROTECT, related_name="grant_requests")
    grantor = models.CharField(max_length=10, choices=Connection.Grantor)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="+")
    renews = models.ForeignKey(
        Connection,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The connection that is linked again.",
    )
    state_digest = models.BinaryField(unique=True, help_text="SHA-256 of the `state` that comes back.")
    browser_digest = models.BinaryField(help_text="SHA-256 of what binds it to the browser that was sent.")
    sealed_verifier = models.BinaryField(null=True, editable=False, help_text="Of PKCE; destroyed once it is used.")
    redirect_uri = models.CharField(max_length=2000)
    scopes = ArrayField(models.CharField(max_length=255), default=list)
    is_provisional = models.BooleanField(default=False, help_text="What comes of it waits for a consent on our page.")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, null=True, related_name="grant_requests")

    class Meta:
        ordering = ["-asked_at"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="grant_verifier_is_destroyed_once_used",
                condition=Q(used_at__isnull=True, sealed_verifier__isnull=False)
                | Q(used_at__isnull=False, sealed_verifier__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="grant_requests_by_age")]

    def __str__(self) -> str:
        return f"asked {self.cloud_id} at {self.asked_at:%Y-%m-%d %H:%M}"

    def verifier(self) -> str | None:
        opened = sealed_columns.opened(self, "sealed_verifier")
        return None if opened is None else opened.decode()

    def set_verifier(self, verifier: str | None) -> None:
        sealed_columns.seal(self, "sealed_verifier", None if verifier is None else verifier.encode())
