"""An OEM's cloud as one partner runs it: where it is, how the portal proves itself there, and how often it may ask."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from devices.connectors import registry
from partners.http import UrlRefusedError, check_url
from partners.models import Partner
from texture_portal import sealed_columns
from texture_portal.ids import new_id

LONGEST_URL = 2000
FASTEST_POLLING, SLOWEST_POLLING = 5, 15  # minutes (§4.1)


def callable_url(url: str) -> None:
    try:
        check_url(url)
    except UrlRefusedError as fault:
        raise ValidationError(str(fault)) from fault


def _url(**options: object) -> models.CharField:  # type: ignore[type-arg]
    return models.CharField(max_length=LONGEST_URL, validators=[callable_url], **options)  # type: ignore[arg-type]


class Cloud(models.Model):
    class Connector:
        """Names of the patterns that the portal's own code knows; all of them are in `devices.connectors.registry`."""

        PULL, PUSH, NATIVE = "pull", "push", "native"

    class State(models.TextChoices):
        HEALTHY = "healthy", "Healthy"
        PAUSED = "paused", "Paused"

    class ClientProof(models.TextChoices):
        """How the client proves itself at the token endpoint (RFC 6749 §2.3.1)."""

        BASIC = "client_secret_basic", "By HTTP Basic"
        POST = "client_secret_post", "In the form"
        NONE = "none", "It has no secret (a public client)"

    class KeyPlace(models.TextChoices):
        HEADER = "header", "In a header"
        QUERY = "query", "In the query"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="clouds")
    name = models.CharField(max_length=255)
    base_url = _url(help_text="What the paths of its API are appended to.")
    connector = models.CharField(max_length=8, choices=registry.choices, default=Connector.PULL)
    document = models.JSONField(default=dict, blank=True, help_text="Of the connector; empty where it needs none.")

    issuer = _url(blank=True, help_text="As it names itself on the callback (`iss`, RFC 9207); blank: it does not.")
    authorize_url = _url(blank=True, help_text="Where end users are asked for their consent.")
    token_url = _url(blank=True)
    revoke_url = _url(blank=True, help_text="Where tokens are given up (RFC 7009); blank: it has no such endpoint.")
    client_id = models.CharField(max_length=255, blank=True, help_text="The portal's own, at this cloud.")
    sealed_client_secret = models.BinaryField(null=True, editable=False)
    client_proof = models.CharField(max_length=20, choices=ClientProof, default=ClientProof.BASIC)
    scopes = ArrayField(
        models.CharField(max_length=255),
        default=list,
        blank=True,
        help_text="The least that finds devices, reads telemetry, commands, and lasts (§3.1).",
    )
    authorize_parameters = models.JSONField(default=dict, blank=True, help_text="Beside the standard ones.")
    token_parameters = models.JSONField(default=dict, blank=True, help_text="Such as an `audience` that it asks for.")
    api_key_place = models.CharField(max_length=8, choices=KeyPlace, default=KeyPlace.HEADER)
    api_key_name = models.CharField(max_length=80, default="X-API-Key")
    api_key_prefix = models.CharField(max_length=40, blank=True, help_text="Before the key, such as `Bearer`.")

    is_test_environment = models.BooleanField(
        "test environment",
        default=False,
        help_text="No customer's device is here: certification may send it commands, unsafe ones among them.",
    )
    polling_minutes = models.PositiveSmallIntegerField(
        default=FASTEST_POLLING, validators=[MinValueValidator(FASTEST_POLLING), MaxValueValidator(SLOWEST_POLLING)]
    )
    rate_limits = models.JSONField(
        default=dict, blank=True, help_text="By category, as the cloud documents them: 5/s:10+50000/day."
    )
    state = models.CharField(max_length=8, choices=State, default=State.HEALTHY)
    state_reason = models.CharField(max_length=255, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True, help_text="Null: until somebody resumes it.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(
        excluded_fields=["sealed_client_secret", "state", "state_reason", "paused_until", "updated_at"],
        history_user_id_field=models.IntegerField(null=True),
        history_change_reason_field=models.TextField(null=True),
    )

    class Meta:
        ordering = ["partner__name", "name"]
        permissions = [("set_cloud_secret", "Can set the client secret of a cloud")]
        constraints = [
            models.UniqueConstraint(fields=["partner", "name"], name="cloud_of_partner"),
            models.CheckConstraint(
                name="cloud_polled_every_5_to_15_minutes",
                condition=Q(polling_minutes__gte=FASTEST_POLLING, polling_minutes__lte=SLOWEST_POLLING),
            ),
            models.CheckConstraint(
                name="cloud_paused_for_a_reason",
                condition=Q(state="healthy", state_reason="", paused_until__isnull=True)
                | (Q(state="paused") & ~Q(state_reason="")),
            ),
            models.CheckConstraint(
                name="cloud_document_of_its_connector", condition=~Q(connector="native") | Q(document={})
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.partner})"

    @property
    def polled_every(self) -> timedelta:
        return timedelta(minutes=self.polling_minutes)

    @property
    def client_secret(self) -> str | None:
        secret = sealed_columns.opened(self, "sealed_client_secret")
        return None if secret is None else secret.decode()

    def set_client_secret(self, secret: str | None) -> None:
        sealed_columns.seal(self, "sealed_client_secret", None if secret is None else secret.encode())
