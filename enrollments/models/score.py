"""Scorecards (§7): one row for each partner, month and measure, as a job last computed it from what really happened."""

from django.db import models

from partners.models import Partner
from partners.models.partner import LONGEST_FOLDED


class Score(models.Model):
    class Measure(models.TextChoices):
        AVAILABILITY = "availability", "Calls answered"
        LATENCY_TELEMETRY = "latency_telemetry", "Telemetry, p95"
        LATENCY_CONTROL = "latency_control", "Commands, p95"
        LATENCY_HISTORICAL = "latency_historical", "History, p95"
        FRESHNESS = "freshness", "Readings younger than 15 minutes"
        COMMAND_SUCCESS = "command_success", "Commands carried out"
        EVENT_DEADLINES = "event_deadlines", "Events in effect by their deadline"
        REVOCATIONS = "revocations", "Revocations honoured within 24 hours"
        FOR_NO_MAKER = "for_no_maker", "Calls for no one manufacturer's devices"

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="scores", db_index=False)
    maker = models.CharField(max_length=255, blank=True, help_text="Of a TPDO: whose devices; blank: all (§3.3).")
    maker_key = models.CharField(max_length=LONGEST_FOLDED, blank=True, editable=False)  # however that is spelled
    month = models.DateField(help_text="Its first day, in UTC.")
    measure = models.CharField(max_length=20, choices=Measure)
    value = models.FloatField(
        null=True, help_text="A share from 0 to 1, or milliseconds; null: beyond all that is counted."
    )
    count = models.PositiveBigIntegerField(help_text="Of how many calls, readings, commands … it is.")
    target = models.FloatField(null=True, help_text="Null: the requirements give no figure.")
    is_met = models.BooleanField(null=True)
    excluded_minutes = models.PositiveIntegerField(default=0, help_text="Of planned maintenance, announced in time.")
    computed_at = models.DateTimeField()

    class Meta:
        ordering = ["-month", "partner__name", "maker_key", "id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["partner", "maker_key", "month", "measure"], name="one_score_of_each")
        ]
        indexes = [models.Index(fields=["month", "is_met"], name="scores_of_month")]

    def __str__(self) -> str:
        return f"{self.partner}, {self.month:%Y-%m}: {self.get_measure_display()}"

    @property
    def is_duration(self) -> bool:
        return self.measure.startswith("latency_")
