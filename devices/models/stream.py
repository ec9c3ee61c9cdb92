"""How far the portal has read of each stream, and what it could not take of those who get no answer."""

from django.db import models
from django.db.models import Q

from devices.models.connection import Connection
from partners.models import Partner


class StreamPosition(models.Model):
    """Of one grant's stream. What comes after `last_event_id` is asked for after a cut."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, primary_key=True, related_name="stream")
    last_event_id = models.CharField(max_length=1000, blank=True)
    connected_at = models.DateTimeField(null=True, help_text="Null while it is cut.")
    told_at = models.DateTimeField(null=True, help_text="When the last message came.")
    cut_at = models.DateTimeField(null=True)
    cut_reason = models.CharField(max_length=40, blank=True)
    cuts = models.PositiveIntegerField(default=0, help_text="In a row, without a message between.")

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"stream of {self.connection_id}"


class ReadingRefusal(models.Model):
    """Readings that were not taken, counted by the hour: of ways by which nobody is answered."""

    class Way(models.TextChoices):
        MQTT = "mqtt", "MQTT"
        STREAM = "stream", "Stream"
        POLLING = "polling", "Polling"

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(
        Partner, on_delete=models.CASCADE, null=True, related_name="+", db_index=False,
        help_text="Null where it did not say whose it is.",
    )  # fmt: skip
    way = models.CharField(max_length=8, choices=Way)
    code = models.CharField(max_length=40)
    hour = models.DateTimeField(help_text="Its begin.")
    count = models.PositiveBigIntegerField()
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["-hour", "-count"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["hour", "partner", "way", "code"], name="refusals_counted_once"),
            models.UniqueConstraint(
                fields=["hour", "way", "code"], condition=Q(partner=None), name="refusals_of_nobody_counted_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.code}"
