"""Who took telemetry out of the portal as a file, when, and what of it (§9)."""

import pgtrigger
from django.db import models
from django.db.models import Q

from devices.models.device import Device
from devices.models.portfolio import Portfolio
from texture_portal.actors import Channel, Role
from texture_portal.append_only import append_only
from texture_portal.ids import new_id


class TelemetryExport(models.Model):
    """Of a device, or of what was in a portfolio then."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="+")
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, null=True, related_name="+")
    start = models.DateTimeField()
    end = models.DateTimeField()
    granularity = models.CharField(max_length=4)
    reason = models.TextField()
    at = models.DateTimeField()
    actor_role = models.CharField(max_length=10, choices=[(r.value, r.value) for r in Role])
    actor_name = models.CharField(max_length=255)
    channel = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Channel])
    user_id = models.IntegerField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("export_telemetry", "Can export telemetry of devices and portfolios")]
        constraints = [
            models.CheckConstraint(
                name="export_of_a_device_or_a_portfolio",
                condition=Q(device__isnull=False, portfolio__isnull=True)
                | Q(device__isnull=True, portfolio__isnull=False),
            )
        ]
        triggers: list[pgtrigger.Trigger] = append_only(
            "who exported telemetry is on record",
            blanks={"reason": "''"},
            blanked_when="""
                EXISTS (
                    SELECT FROM devices_device device JOIN partners_customer person ON person.id = device.customer_id
                    WHERE device.id = OLD.device_id AND person.erased_at IS NOT NULL
                )
            """,
        )

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.device or self.portfolio}"
