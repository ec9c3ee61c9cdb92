"""Dispatch events: what a program asks of many devices for a while. Transitions only set fields; the verbs are in
`programs.dispatch`.
"""

from datetime import datetime, timedelta
from typing import cast

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition
from simple_history.models import HistoricalRecords

from devices.models import Portfolio
from programs.dispatch.instructions import Instructions, read
from programs.dispatch.planning import Schedule
from programs.models.program import Program
from territories.models import Utility
from texture_portal.append_only import append_only
from texture_portal.ids import new_id

LONGEST = timedelta(hours=24)  # the registry's commands last no longer


class EventStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    SCHEDULED = "scheduled", "Scheduled"
    RUNNING = "running", "Running"
    RESTORING = "restoring", "Restoring"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"


Status = EventStatus
OPEN = [Status.DRAFT, Status.SCHEDULED, Status.RUNNING, Status.RESTORING]


class DispatchEvent(models.Model):
    """`draft` until somebody schedules it. The rows of its targets are its preview, then its work, then its report."""

    class Choice(models.TextChoices):
        PROGRAM = "program", "Every device of the program"
        PORTFOLIO = "portfolio", "Those of a portfolio"
        UTILITY = "utility", "Those served by a utility or CCA"
        AREA = "area", "Those in an area"
        ZIPS = "zips", "Those in ZIP codes"
        LIST = "list", "Those of a list"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="events")
    name = models.CharField(max_length=255)
    status = FSMField(max_length=12, choices=Status.choices, default=Status.DRAFT, protected=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    instructions = models.JSONField(help_text="By device type, as programs.dispatch.instructions writes them.")
    randomise_seconds = models.PositiveIntegerField(
        default=0, help_text="Each device begins later by a chance of its own, up to this."
    )
    ramp_seconds = models.PositiveIntegerField(default=0, help_text="Over this time the fleet begins at an even rate.")
    priority = models.SmallIntegerField(
        default=0,
        validators=[MinValueValidator(-100), MaxValueValidator(100)],
        help_text="Of events that want a device at once, the higher one has it.",
    )

    choice = models.CharField(max_length=10, choices=Choice, default=Choice.PROGRAM)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, null=True, blank=True, related_name="events")
    utility = models.ForeignKey(Utility, on_delete=models.PROTECT, null=True, blank=True, related_name="events")
    area = models.JSONField(null=True, blank=True, help_text="A GeoJSON Polygon or MultiPolygon.")
    zips = ArrayField(models.CharField(max_length=5), default=list, blank=True)
    listed = ArrayField(models.UUIDField(), default=list, blank=True)

    # Work that waits. `looked_at`: the last device that was weighed, in the order of their ids.
    previewed_at = models.DateTimeField(null=True, editable=False)
    looked_at = models.UUIDField(null=True, editable=False)
    begins_at = models.DateTimeField(null=True, editable=False, help_text="When the first device is told something.")
    sampled_at = models.DateTimeField(null=True, editable=False)
    measured_at = models.DateTimeField(null=True, editable=False)

    scheduled_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(editable=False)

    history = HistoricalRecords(
        history_user_id_field=models.IntegerField(null=True),
        history_change_reason_field=models.TextField(null=True),
        excluded_fields=["previewed_at", "looked_at", "begins_at", "sampled_at", "measured_at"],
    )

    class Meta:
        ordering = ["-starts_at", "-id"]
        permissions = [
            ("schedule_dispatchevent", "Can preview, schedule, amend and cancel dispatch events"),
            ("opt_out_dispatchtarget", "Can record that a customer sits out an event"),
        ]
        constraints = [
            models.CheckConstraint(
                name="dispatch_ends_after_it_starts",
                condition=Q(ends_at__gt=F("starts_at")) & Q(ends_at__lte=F("starts_at") + LONGEST),
            ),
            models.CheckConstraint(
                name="dispatch_chooses_what_it_names",
                condition=(~Q(choice="portfolio") | Q(portfolio__isnull=False))
                & (~Q(choice="utility") | Q(utility__isnull=False))
                & (~Q(choice="area") | Q(area__isnull=False))
                & (~Q(choice="zips") | Q(zips__len__gt=0))
                & (~Q(choice="list") | Q(listed__len__gt=0)),
            ),
            models.CheckConstraint(
                name="dispatch_closed_when_over",
                condition=Q(closed_at__isnull=True, status__in=OPEN)
                | Q(closed_at__isnull=False, status__in=[Status.FINISHED, Status.CANCELLED]),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "begins_at"], condition=Q(closed_at__isnull=True), name="dispatch_open"),
            models.Index(fields=["ends_at"], condition=Q(measured_at__isnull=True), name="dispatch_to_measure"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def asks(self) -> Instructions:
        return read(self.instructions)

    def schedule_of(self) -> Schedule:
        return Schedule(
            seed=str(self.pk),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            randomise=timedelta(seconds=self.randomise_seconds),
            ramp=timedelta(seconds=self.ramp_seconds),
        )

    @transition(status, source=[Status.DRAFT], target=Status.SCHEDULED)
    def be_scheduled(self, *, now: datetime) -> None:
        self.scheduled_at = now

    @transition(status, source=[Status.SCHEDULED], target=Status.RUNNING)
    def begin(self) -> None:
        """Its first devices are told."""

    @transition(status, source=[Status.RUNNING], target=Status.RESTORING)
    def wind_down(self) -> None:
        """Its window is over, or it was cancelled: devices go back to what they do by themselves."""

    @transition(status, source=[Status.RESTORING], target=Status.FINISHED)
    def finish(self, *, now: datetime) -> None:
        """What became of every device is known."""
        self.closed_at = now

    @transition(status, source=[Status.DRAFT, Status.SCHEDULED, Status.RESTORING], target=Status.CANCELLED)
    def end_cancelled(self, *, now: datetime) -> None:
        self.closed_at = now


def legal_transitions() -> list[tuple[str, str]]:
    """Every (from, to) that the transitions above declare: the trigger is derived from it."""
    field = cast(FSMField, DispatchEvent._meta.get_field("status"))
    declared = field.get_all_transitions(DispatchEvent)
    return sorted({(str(each.source), str(each.target)) for each in declared if each.source != each.target})


pgtrigger.register(pgtrigger.FSM(name="legal_transitions", field="status", transitions=legal_transitions()))(
    DispatchEvent
)
pgtrigger.register(*append_only("who did what with an event stays"))(DispatchEvent.history.model)
