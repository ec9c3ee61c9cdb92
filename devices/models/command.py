"""A command to a device (contract §6): what was asked, what was sent, and what became of it.

Transitions only set fields; `devices.commands` calls them. Every change of status is written down by the database
itself, so that rows changed by the thousand have a history like those changed by one.
"""

from typing import Any, cast

import pgtrigger
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from devices.commands.states import FINAL, UNFINISHED, Status
from devices.models.device import Device
from partners.models import Partner
from texture_portal.append_only import append_only
from texture_portal.ids import new_id

LONGEST_SAID = 2000  # characters of what the other side says
KEEP_CHANGE = """
IF TG_OP = 'INSERT' OR NEW.status <> OLD.status THEN
    INSERT INTO devices_commandchange (command_id, before, after, at, reason, by)
    VALUES (
        NEW.id, CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.status END, NEW.status, NEW.changed_at, NEW.change_reason,
        NEW.changed_by
    );
END IF;
RETURN NULL;
"""


class Command(models.Model):
    """`asked` is what was ordered, `input` what goes out: the same but for what safety clipped.

    The row is the job: `step` is what is to be done next, at `due_at`; a worker holds it until `claimed_until`. By
    `deadline_at` it is brought to an end whatever happens.
    """

    class Way(models.TextChoices):
        PULL = "pull", "We call the maker's cloud"
        PUSH = "push", "The partner is told by webhook, or asks"
        NATIVE = "native", "By MQTT to the device"

    class Step(models.TextChoices):
        SEND = "send", "Send it"
        ASK = "ask", "Ask what became of it"
        CANCEL = "cancel", "Have it cancelled there"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="commands", db_index=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="orders", db_index=False)
    command = models.CharField(max_length=60)
    asked = models.JSONField()
    input = models.JSONField()
    clipped = models.JSONField(default=list, help_text="What safety constrained: parameter, asked, sent, rule.")
    status = FSMField(
        max_length=12, choices=[(each.value, each.label) for each in Status], default=Status.PENDING, protected=True
    )
    program_type = models.CharField(max_length=24, blank=True)
    event_id = models.UUIDField(null=True, help_text="Of the dispatch event that it is part of.")
    restores = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="restore", help_text="What it undoes at its end."
    )
    is_owed = models.BooleanField(
        default=False,
        help_text="A restore that is due whatever becomes of that: what stood before it had come already.",
    )
    requested_at = models.DateTimeField()
    starts_at = models.DateTimeField(help_text="It goes out no earlier.")
    ends_at = models.DateTimeField(null=True, help_text="What restores the device is due then.")
    expires_at = models.DateTimeField(help_text="It goes out no later.")

    way = models.CharField(max_length=8, choices=Way)
    step = models.CharField(max_length=8, choices=Step, blank=True)
    due_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    claims = models.PositiveIntegerField(default=0)
    asks = models.PositiveSmallIntegerField(default=0, help_text="How often we asked in vain what became of it.")
    deadline_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True, help_text="When it first went out: from then on it may have come there.")
    acknowledged_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=60, blank=True, help_text="Ours.")
    error_detail = models.CharField(max_length=LONGEST_SAID, blank=True)
    error_said = models.JSONField(null=True, help_text="The other side's code and words, as they came.")

    changed_at = models.DateTimeField()
    change_reason = models.CharField(max_length=200, blank=True)
    changed_by = models.JSONField(help_text="Role, name and channel of who changed it last.")

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("issue_command", "Can send a single command to a device, and cancel commands")]
        constraints = [
            models.UniqueConstraint(
                fields=["device"],
                condition=Q(status__in=UNFINISHED, restores__isnull=True),
                name="one_unfinished_command_per_device",
            ),
            models.CheckConstraint(
                name="command_finished_exactly_when_final",
                condition=Q(status__in=FINAL, finished_at__isnull=False, deadline_at__isnull=True)
                | Q(status__in=UNFINISHED, finished_at__isnull=True, deadline_at__isnull=False),
            ),
            models.CheckConstraint(
                name="command_due_exactly_while_there_is_a_step",
                condition=Q(step="", due_at__isnull=True) | (~Q(step="") & Q(due_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="command_not_ended_well_has_a_reason",
                condition=~Q(status__in=["failed", "rejected", "expired", "cancelled"]) | ~Q(error_code=""),
            ),
            models.CheckConstraint(
                name="command_expires_after_it_starts", condition=Q(expires_at__gt=models.F("starts_at"))
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "-requested_at", "-id"], name="commands_newest"),
            models.Index(fields=["partner", "status", "-requested_at", "-id"], name="commands_by_status"),
            models.Index(fields=["device", "-requested_at"], name="commands_of_device"),
            models.Index(fields=["event_id"], condition=Q(event_id__isnull=False), name="commands_of_event"),
            models.Index(fields=["way", "due_at"], condition=~Q(step=""), name="commands_due"),
            models.Index(fields=["deadline_at"], condition=Q(deadline_at__isnull=False), name="commands_to_end"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="change_is_kept",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("status"),  # type: ignore[no-untyped-call]
                func=KEEP_CHANGE,
            ),
            pgtrigger.Protect(name="what_was_ordered_stays", operation=pgtrigger.Update, condition=pgtrigger.AnyChange(
                "device", "command", "asked", "event_id", "restores", "requested_at", "starts_at", "ends_at",
            )),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.command} {self.id}"

    @property
    def is_unfinished(self) -> bool:
        return self.status in UNFINISHED

    @property
    def may_have_come(self) -> bool:
        """To the other side: only then there is anything to cancel, or to restore."""
        return self.sent_at is not None

    @transition(status, source=[Status.PENDING], target=Status.ACCEPTED)
    def accept(self) -> None:
        """The other side will carry it out."""

    @transition(status, source=[Status.PENDING, Status.ACCEPTED], target=Status.IN_PROGRESS)
    def begin(self) -> None:
        """The device is at it."""

    @transition(status, source=list(UNFINISHED), target=Status.COMPLETE)
    def complete(self) -> None:
        """The device did it."""

    @transition(status, source=list(UNFINISHED), target=Status.FAILED)
    def fail(self) -> None:
        """The device did not do it, or nobody can say."""

    @transition(status, source=[Status.PENDING, Status.ACCEPTED], target=Status.REJECTED)
    def reject(self) -> None:
        """The other side will not carry it out."""

    @transition(status, source=[Status.PENDING], target=Status.EXPIRED)
    def expire(self) -> None:
        """Nobody took it in time."""

    @transition(status, source=list(UNFINISHED), target=Status.CANCELLED)
    def cancel(self) -> None:
        """It is no longer wanted."""


class CommandChange(models.Model):
    """One change of a command's status, written by the database with it."""

    id = models.BigAutoField(primary_key=True)
    command = models.ForeignKey(Command, on_delete=models.PROTECT, related_name="changes")
    before = models.CharField(max_length=12, blank=True)
    after = models.CharField(max_length=12)
    at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    by = models.JSONField()

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        triggers = append_only("the history of commands")

    def __str__(self) -> str:
        return f"{self.before or 'new'} to {self.after}"


class CommandAttempt(models.Model):
    """One call that was made for a command: recorded before it is made, so that a killed worker leaves a trace."""

    id = models.BigAutoField(primary_key=True)
    command = models.ForeignKey(Command, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    number = models.PositiveIntegerField(help_text="Of the claim.")
    step = models.CharField(max_length=8, choices=Command.Step)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=60, blank=True, help_text="Blank: under way, or its worker died.")
    status = models.PositiveSmallIntegerField(null=True, help_text="Of the HTTP answer.")
    milliseconds = models.PositiveIntegerField(null=True)
    answer = models.CharField(max_length=LONGEST_SAID, blank=True, help_text="Its beginning, without what is secret.")

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["command", "number"], name="command_attempt_once")]

    def __str__(self) -> str:
        return f"{self.step} {self.number}: {self.outcome or 'under way'}"


class CommandReport(models.Model):
    """What the other side told of a command, as it came; also what no longer changed anything."""

    class Source(models.TextChoices):
        ANSWER = "answer", "Its answer to the command"
        API = "api", "Reported through the API"
        ASKED = "asked", "Its answer when we asked"
        MQTT = "mqtt", "Reported by MQTT"

    id = models.BigAutoField(primary_key=True)
    command = models.ForeignKey(Command, on_delete=models.CASCADE, related_name="reports")
    source = models.CharField(max_length=8, choices=Source)
    status = models.CharField(max_length=12, help_text="As we read it.")
    error = models.JSONField(null=True, help_text="Its code and words.")
    occurred_at = models.DateTimeField(null=True, help_text="As it says.")
    received_at = models.DateTimeField()
    is_news = models.BooleanField(help_text="It moved the command.")

    class Meta:
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.status} by {self.source}"


def legal_moves() -> list[tuple[str, str]]:
    field = cast(FSMField, Command._meta.get_field("status"))
    declared: Any = field.get_all_transitions(Command)
    return sorted({(str(each.source), str(each.target)) for each in declared})


pgtrigger.register(pgtrigger.FSM(name="legal_moves", field="status", transitions=legal_moves()))(Command)
