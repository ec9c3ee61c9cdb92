"""Devices grouped by program, site or account, to do in bulk what is done to each (§3.2, §3.3)."""

import pgtrigger
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from devices.models.connection import Connection
from devices.models.device import Device
from partners.models import Partner
from texture_portal.ids import new_id

# One partner's portfolio holds that partner's devices only.
SAME_PARTNER = """
IF EXISTS (
    SELECT FROM devices_portfolio portfolio JOIN devices_device device ON device.id = NEW.device_id
    WHERE portfolio.id = NEW.portfolio_id AND portfolio.partner_id <> device.partner_id
) THEN
    RAISE EXCEPTION 'the portfolio is another partner''s than the device' USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""


class Portfolio(models.Model):
    class Kind(models.TextChoices):
        PROGRAM = "program", "Program"
        SITE = "site", "Site"
        ACCOUNT = "account", "Account"
        OTHER = "other", "Other"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    reference = models.CharField(
        max_length=255, blank=True, help_text="What the program, site or account is called by its owner."
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="portfolios",
        help_text="It holds devices of this partner only; none: of any.",
    )  # fmt: skip
    devices = models.ManyToManyField(Device, through="PortfolioDevice", related_name="portfolios")
    suspended_at = models.DateTimeField(
        null=True, editable=False, help_text="Since then its devices are at rest: neither read nor commanded."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(
        history_user_id_field=models.IntegerField(null=True),
        history_change_reason_field=models.TextField(null=True),
        excluded_fields=["updated_at"],
    )

    class Meta:
        ordering = ["name"]
        permissions = [
            ("fill_portfolio", "Can put devices into a portfolio and take them out"),
            ("revoke_portfolio", "Can revoke access to every device of a portfolio"),
        ]

    def __str__(self) -> str:
        return self.name


class PortfolioDevice(models.Model):
    id = models.BigAutoField(primary_key=True)
    # Found by the constraint's index, which begins with it.
    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="places", db_index=False)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="places")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["portfolio", "device"], name="device_once_in_a_portfolio")]
        triggers = [
            pgtrigger.Trigger(
                name="portfolio_of_one_partner",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=SAME_PARTNER,
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_id} in {self.portfolio_id}"


class PortfolioRevocation(models.Model):
    """Access to all that is in a portfolio is given up. The row is the job."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="revocations")
    whole_grants = models.BooleanField(
        default=False, help_text="Those of programs and fleets end too, where they reach nothing else."
    )
    reason = models.TextField()
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=255)
    devices_withdrawn = models.PositiveIntegerField(default=0)
    connections_revoked = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(finished_at__isnull=True), name="portfolios_to_revoke")
        ]

    def __str__(self) -> str:
        return f"{self.portfolio_id} at {self.asked_at:%Y-%m-%d %H:%M}"


class Withdrawal(models.Model):
    """The portal gave up a device that a connection reaches: it no longer reads or commands it, though it could.

    Where the connection goes on for other devices, this is all that can be done; where it was the last, the cloud ends
    the grant too.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="withdrawals")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="withdrawals")
    at = models.DateTimeField()
    by = models.CharField(max_length=255)
    reason = models.TextField()
    lifted_at = models.DateTimeField(null=True, help_text="The device may be reached through the connection again.")
    lifted_by = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["-at"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["device", "connection"], condition=Q(lifted_at__isnull=True), name="one_withdrawal_in_force"
            ),
            models.CheckConstraint(
                name="withdrawal_lifted_when_and_by_whom",
                condition=Q(lifted_at__isnull=True, lifted_by="") | (Q(lifted_at__isnull=False) & ~Q(lifted_by="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} out of reach of {self.connection_id}"
