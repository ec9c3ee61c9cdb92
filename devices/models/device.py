"""Customers' devices, as their partner knows them (§10)."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models

from devices.kinds import DeviceType
from partners.models import Customer, Partner
from territories.models import Site
from texture_portal.ids import new_id


class Device(models.Model):
    """A device is (partner, manufacturer_device_id); its identifier does not change over time (§10)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="devices", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="devices")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="devices")
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
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["partner", "manufacturer_device_id"], name="device_of_partner"),
        ]
        indexes = [
            models.Index(fields=["serial_number"], name="device_by_serial_number"),
            models.Index(fields=["serial_key"], name="device_by_serial_key"),
        ]

    def __str__(self) -> str:
        return f"{self.manufacturer} {self.model} {self.manufacturer_device_id}"

    @property
    def last_sign_of_life_at(self) -> datetime | None:
        """The latest sign that it takes part: a reading, or a completed command where it sends no telemetry."""
        return self.last_reading_at if self.telemetry else self.last_command_completed_at
