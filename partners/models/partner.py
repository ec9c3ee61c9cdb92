"""Who calls us: an OEM or a TPDO, and the OAuth clients it holds (§3, §11.9)."""

from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from oauth2_provider.models import AbstractApplication
from simple_history.models import HistoricalRecords

from partners.limits import Category, Limit, limit_of
from texture_portal import clock
from texture_portal.ids import new_id

TAKES_WEBHOOKS = """
NEW.takes_webhooks := EXISTS (
    SELECT FROM partners_webhookendpoint
    WHERE partner_id = NEW.id AND disabled_at IS NULL AND removed_at IS NULL
);
RETURN NEW;
"""


LONGEST_FOLDED = 3 * 255  # of a name of 255 characters: a letter is folded into three at most


def same_name(name: str) -> str:
    """The form in which names of makers and serial numbers are compared: trimmed, inner space folded, case-folded."""
    return " ".join(name.split()).casefold()


class Partner(models.Model):  # type: ignore[django-manager-missing]  # Application has a base that is not typed
    class Kind(models.TextChoices):
        OEM = "oem", "OEM (device maker)"
        TPDO = "tpdo", "TPDO (third-party demand orchestrator)"

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"
        ENDED = "ended", "Ended"

    class Environment(models.TextChoices):
        SANDBOX = "sandbox", "Sandbox"
        PRODUCTION = "production", "Production"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    status = models.CharField(max_length=16, choices=Status, default=Status.ACTIVE)
    environment = models.CharField(max_length=16, choices=Environment, default=Environment.SANDBOX)
    manufacturers = ArrayField(
        models.CharField(max_length=255),
        default=list,
        blank=True,
        help_text="It enrolls devices of these makers only; none named: any.",
    )
    redirect_urls = ArrayField(models.URLField(max_length=500), default=list, blank=True)
    takes_webhooks = models.BooleanField(
        default=False,
        editable=False,
        help_text="Some webhook endpoint of its is live. Derived by the database, whoever saves the row.",
    )
    raised_limits = models.JSONField(
        default=dict, blank=True, editable=False, help_text="Requests a second by category, where staff raised them."
    )
    device_count = models.PositiveIntegerField(
        default=0, editable=False, help_text="Counted by a job from time to time: its rate limits grow with it."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(
        history_change_reason_field=models.TextField(null=True), excluded_fields=["takes_webhooks", "device_count"]
    )

    class Meta:
        ordering = ["name"]
        triggers = [
            pgtrigger.Trigger(
                name="takes_webhooks_is_derived",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=TAKES_WEBHOOKS,
            )
        ]

    def __str__(self) -> str:
        return self.name

    def limit(self, category: Category) -> Limit:
        return limit_of(category, devices=self.device_count, raised=self.raised_limits)

    def may_enroll(self, manufacturer: str) -> bool:
        return not self.manufacturers or same_name(manufacturer) in map(same_name, self.manufacturers)


class Application(AbstractApplication):
    """One client id and secret of a partner. Several may be live at once, so that rotation needs no downtime."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="applications")
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager["Application"]] = models.Manager()

    class Meta(AbstractApplication.Meta):
        ordering = ["-created"]
        permissions = [("rotate_application", "Can add and revoke OAuth clients")]

    def __str__(self) -> str:
        return f"{self.partner}: {self.client_id}"

    def is_live(self, *, now: datetime) -> bool:
        return (
            self.partner.status != Partner.Status.ENDED
            and (self.expires_at is None or now < self.expires_at)
            and (self.revoked_at is None or now < self.revoked_at)
        )

    def is_usable(self, request: object) -> bool:
        """Asked by django-oauth-toolkit when a token is wanted: no gets `invalid_client`."""
        return self.is_live(now=clock.now())
