"""A device in a dispatch event, and what the fleet of one did over time."""

import pgtrigger
from django.db import models
from django.db.models import Q

from devices.models import Device
from programs.models.dispatch import DispatchEvent


class Outcome(models.TextChoices):
    PLANNED = "planned", "Waits for its turn"
    ASKED = "asked", "Was told"
    LEFT_OUT = "left_out", "Left out"
    DROPPED = "dropped", "Not told any more"
    OPTED_OUT = "opted_out", "Customer sat out"
    WITHDRAWN = "withdrawn", "No longer allowed"
    TOOK_PART = "took_part", "Took part"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"
    EXPIRED = "expired", "Never answered"
    CANCELLED = "cancelled", "Cancelled"


class Restore(models.TextChoices):
    NOT_NEEDED = "not_needed", "Nothing to restore"
    WAITS = "waits", "To be restored"
    RESTORED = "restored", "Restored"
    HANDED_ON = "handed_on", "A newer command restores it"
    NOT_RESTORED = "not_restored", "Not restored"


ENDINGS = [Outcome.TOOK_PART, Outcome.REFUSED, Outcome.FAILED, Outcome.EXPIRED, Outcome.CANCELLED]
MOVES = [
    *((Outcome.PLANNED, each) for each in (Outcome.ASKED, Outcome.REFUSED, Outcome.DROPPED)),
    *((each, Outcome.OPTED_OUT) for each in (Outcome.PLANNED, Outcome.ASKED)),
    *((each, Outcome.WITHDRAWN) for each in (Outcome.PLANNED, Outcome.ASKED)),
    *((Outcome.ASKED, each) for each in ENDINGS),
]


class DispatchTarget(models.Model):
    """A device in an event: why it is left out, or what it is to do and when, and what came of it.

    While it is `asked`, how far it is stands on its commands; what came of it is written here once that is final.
    """

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(DispatchEvent, on_delete=models.CASCADE, related_name="targets", db_index=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="dispatches")
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(max_length=60, blank=True, help_text="A rule's name or a code.")
    detail = models.TextField(blank=True)
    decided_by = models.CharField(max_length=255, blank=True, help_text="Who had it sit out.")

    plan = models.JSONField(default=list, help_text="The steps: command, input, from when until when, what restores.")
    expected_kw = models.FloatField(default=0.0)
    steps_told = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, help_text="When its next step begins.")
    acts_at = models.DateTimeField(null=True, help_text="When its response is to begin: with its last step.")
    asked_at = models.DateTimeField(null=True)

    restore = models.CharField(max_length=12, choices=Restore, default=Restore.NOT_NEEDED)
    restore_detail = models.CharField(max_length=255, blank=True)
    settled_at = models.DateTimeField(null=True)

    is_foreseen = models.BooleanField(default=False, help_text="Its baseline was looked for; there may be none.")
    baseline_kw = models.FloatField(null=True, help_text="The mean over the window, as it was foreseen.")
    baseline_kwh = models.FloatField(null=True)
    load_kwh = models.FloatField(null=True)
    response_kw = models.FloatField(null=True, help_text="In the direction that the event asked for.")
    baseline_days = models.PositiveSmallIntegerField(null=True)
    unmeasured = models.CharField(max_length=20, blank=True, help_text="Why there is no measure.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "device"], name="device_once_in_event"),
            models.CheckConstraint(
                name="dispatch_out_for_a_reason",
                condition=~Q(outcome__in=["left_out", "dropped", "opted_out", "withdrawn", "refused"]) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="dispatch_due_while_it_waits",
                condition=Q(due_at__isnull=True) | Q(outcome__in=["planned", "asked"]),
            ),
            models.CheckConstraint(
                name="dispatch_settled_as_restored_or_not",
                condition=Q(settled_at__isnull=True) | ~Q(restore="waits") & ~Q(outcome__in=["planned", "asked"]),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="dispatch_steps_due"),
            models.Index(fields=["event"], condition=Q(settled_at__isnull=True), name="dispatch_unsettled"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="legal_outcomes", field="outcome", transitions=[(str(a.value), str(b.value)) for a, b in MOVES]
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_id} in {self.event_id}: {self.outcome}"


class DispatchSample(models.Model):
    """What the fleet of a running event did in a minute, so that its page need not ask each device."""

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(DispatchEvent, on_delete=models.CASCADE, related_name="samples", db_index=False)
    at = models.DateTimeField()
    expected_kw = models.FloatField(help_text="Of the devices that should act by then.")
    measured_kw = models.FloatField(help_text="Baseline less load, of those that told both.")
    devices = models.IntegerField(help_text="That should act by then.")
    told = models.IntegerField(help_text="Of them, those that are in the measure.")

    class Meta:
        ordering = ["at"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["event", "at"], name="one_sample_of_a_minute")]

    def __str__(self) -> str:
        return f"{self.event_id} at {self.at:%H:%M}: {self.measured_kw:.1f} kW"
