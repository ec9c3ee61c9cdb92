"""Customers' devices, as their partner knows them (§10)."""

from datetime import datetime

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from devices.clearance import Clearance
from devices.kinds import DeviceType
from devices.models.connection import Connection
from partners.models import Customer, Partner
from territories.models import Site
from texture_portal.ids import new_id

# A connection reaches devices of the partner whose cloud it is, and none that was taken out of its reach.
WITHIN_REACH = """
IF EXISTS (
    SELECT FROM devices_withdrawal
    WHERE device_id = NEW.id AND connection_id = NEW.connection_id AND lifted_at IS NULL
) THEN
    RAISE EXCEPTION 'access to the device through this connection was given up' USING ERRCODE = 'check_violation';
END IF;
IF NOT EXISTS (
    SELECT FROM devices_connection connection JOIN devices_cloud cloud ON cloud.id = connection.cloud_id
    WHERE connection.id = NEW.connection_id AND cloud.partner_id = NEW.partner_id AND connection.status <> 'revoked'
) THEN
    RAISE EXCEPTION 'the connection is revoked, or to another partner''s cloud' USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""


CLEARANCE = ("may_read", "may_control", "cleared_types", "cleared_until", "awaited_since")


class Device(models.Model):
    """A device is (partner, manufacturer_device_id); its identifier does not change over time (§10)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="devices", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="devices")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="devices")
    connection = models.ForeignKey(
        Connection,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="devices",
        db_index=False,
        help_text="Through which the portal reaches it at its maker's cloud.",
    )
    manufacturer_device_id = models.CharField(max_length=255)
    serial_number = models.CharField(max_length=255)
    manufacturer = models.CharField(max_length=255)
    serial_key = models.CharField(
        max_length=600,
        editable=False,
        help_text="Manufacturer and serial number, case-folded, trimmed.",
    )
    model = models.CharField(max_length=255)
    type = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in DeviceType])
    commissioned_on = models.DateField()
    controllable = models.BooleanField()
    telemetry = models.BooleanField()
    commands = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    ratings = models.JSONField(default=dict, blank=True)
    last_reading_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_command_completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    may_read = models.BooleanField(default=False, editable=False, help_text="Telemetry is wanted, and consented to.")
    may_control = models.BooleanField(default=False, editable=False, help_text="It may be dispatched.")
    cleared_types = ArrayField(
        models.CharField(max_length=24), default=list, editable=False, help_text="Of programs: the consent's scope."
    )
    cleared_until = models.DateTimeField(null=True, editable=False, help_text="When the consent runs out by its age.")
    awaited_since = models.DateTimeField(
        null=True, editable=False, help_text="Its enrollment waits for a sign of life from then on."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["partner", "manufacturer_device_id"], name="device_of_partner"),
            models.CheckConstraint(
                name="device_cleared_for_what_it_does",
                condition=(Q(may_read=False) | Q(telemetry=True)) & (Q(may_control=False) | Q(controllable=True)),
            ),
            models.CheckConstraint(
                name="device_cleared_within_a_scope",
                condition=Q(may_read=False, may_control=False) | Q(cleared_types__len__gt=0),
            ),
        ]
        indexes = [
            models.Index(fields=["serial_number"], name="device_by_serial_number"),
            models.Index(fields=["serial_key"], name="device_by_serial_key"),
            models.Index(
                fields=["connection", "id"], condition=Q(connection__isnull=False), name="devices_of_connection"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="within_reach_of_its_connection",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__connection_id__isnull=False)
                & pgtrigger.Q(old__connection_id__df=pgtrigger.F("new__connection_id")),
                func=WITHIN_REACH,
            ),
            pgtrigger.Trigger(
                name="begins_within_reach_of_its_connection",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__connection_id__isnull=False),
                func=WITHIN_REACH,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.manufacturer} {self.model} {self.manufacturer_device_id}"

    @property
    def last_sign_of_life_at(self) -> datetime | None:
        """The latest sign that it takes part: a reading, or a completed command where it sends no telemetry."""
        return self.last_reading_at if self.telemetry else self.last_command_completed_at

    @property
    def clearance(self) -> Clearance:
        """Written by the lifecycle alone (`clear`), in the transaction of what it follows from."""
        return Clearance(self.may_read, self.may_control, tuple(self.cleared_types), self.cleared_until)

    def clear(self, clearance: Clearance, *, awaited_since: datetime | None = None) -> bool:
        """Whether anything changed, and is to be saved (`CLEARANCE`)."""
        if self.clearance == clearance and self.awaited_since == awaited_since:
            return False
        self.awaited_since = awaited_since
        self.may_read, self.may_control = clearance.may_read, clearance.may_control
        self.cleared_types, self.cleared_until = list(clearance.program_types), clearance.until
        return True


class SignOfLife(models.Model):
    """Of a device that was waited for. The row is the job of whoever waits, and goes once that is done."""

    device = models.OneToOneField(Device, on_delete=models.CASCADE, primary_key=True, related_name="+")
    heard_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.device_id} at {self.heard_at:%Y-%m-%d %H:%M:%S}"
