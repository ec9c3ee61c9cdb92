"""What the other side tells of commands, by whichever way: kept as it came, and moved by it where it is news."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from devices.commands import keeping, restoring
from devices.commands.states import ACKNOWLEDGED, FAILED_THERE, FINAL, REJECTED_THERE, Status
from devices.models import Command, CommandReport
from texture_portal.actors import Actor

REPORT_WITHIN = timedelta(hours=1)  # after a command's end nobody is waited for any longer
FIRST_ASKED, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=1)  # what became of it, where we have to ask
Source = CommandReport.Source

HEARD = """
UPDATE devices_device device SET last_command_completed_at = greatest(device.last_command_completed_at, %(now)s)
FROM (SELECT id FROM devices_device WHERE id = ANY(%(devices)s) AND NOT telemetry ORDER BY id FOR NO KEY UPDATE) heard
WHERE device.id = heard.id
"""


@dataclass(frozen=True, slots=True)
class Report:
    """`said` is the other side's `{"code", "detail"}`, as it came; `claim`: of the attempt whose answer it is."""

    command_id: UUID
    status: Status
    source: Source
    occurred_at: datetime | None = None
    said: dict[str, Any] | None = None


class NotNewsError(Exception):
    """The command has ended otherwise, or is further on."""

    def __init__(self, command: Command, status: Status) -> None:
        super().__init__(f"the command is {command.status}, and cannot become {status}")
        self.command = command


@transaction.atomic
def record(reports: Sequence[Report], *, now: datetime, by: Actor) -> dict[UUID, Command]:
    """By the hundred. What is no news is kept and changes nothing. The commands as they stand then, by their id."""
    commands = {each.pk: each for each in keeping.locked({report.command_id for report in reports})}
    apply(reports, commands, now=now, by=by)
    return commands


def apply(reports: Sequence[Report], commands: Mapping[UUID, Command], *, now: datetime, by: Actor) -> set[UUID]:
    """To commands that the caller holds; each report's is among them. Those that moved are written, and told here."""
    told: dict[UUID, list[Report]] = defaultdict(list)
    for report in reports:
        told[report.command_id].append(report)
    rows, moved = [], []
    for pk in told:
        command = commands[pk]
        news = [_take(command, report, now=now, by=by) for report in told[pk]]
        rows += [
            _row(report, is_news, now=now)
            for report, is_news in zip(told[pk], news, strict=True)
            if is_news or not (report.source == Source.ASKED and report.status == command.status)  # asked once more
        ]
        if any(news):
            moved.append(command)
    keeping.write(moved)
    restoring.settle(moved, now=now, by=by)
    CommandReport.objects.bulk_create(rows)
    _note_signs_of_life(moved, now=now)
    return {each.pk for each in moved}


@transaction.atomic
def take(report: Report, *, now: datetime, by: Actor) -> Command:
    """One, whose teller hears whether it can be so: else `NotNewsError`. The same again is no contradiction."""
    command = record([report], now=now, by=by)[report.command_id]
    if command.status != report.status and not (report.status in ACKNOWLEDGED and command.status in REACHED_BY):
        raise NotNewsError(command, report.status)
    return command


REACHED_BY = (Status.IN_PROGRESS, Status.COMPLETE, Status.FAILED)  # who is there was accepted before
MOVES: dict[Status, tuple[Callable[[Command], None], tuple[Status, ...]]] = {
    Status.ACCEPTED: (Command.accept, (Status.PENDING,)),
    Status.IN_PROGRESS: (Command.begin, (Status.PENDING, Status.ACCEPTED)),
    Status.COMPLETE: (Command.complete, (Status.PENDING, Status.ACCEPTED, Status.IN_PROGRESS)),
    Status.FAILED: (Command.fail, (Status.PENDING, Status.ACCEPTED, Status.IN_PROGRESS)),
    Status.REJECTED: (Command.reject, (Status.PENDING, Status.ACCEPTED)),
}
OURS = {Status.REJECTED: REJECTED_THERE, Status.FAILED: FAILED_THERE}


def report_by(command: Command, *, now: datetime) -> datetime:
    return max(command.expires_at, command.ends_at or now, now) + REPORT_WITHIN


def _take(command: Command, report: Report, *, now: datetime, by: Actor) -> bool:
    move, sources = MOVES[report.status]
    if command.sent_at is None:
        command.sent_at = now  # whoever tells of it has it: a partner that reads the list of pending ones
    if command.status not in sources:
        return False
    move(command)
    command.acknowledged_at = command.acknowledged_at or now
    if report.status in OURS:
        keeping.blame(command, OURS[report.status], _words(report.said), said=report.said)
    keeping.note(command, reason=f"told by {report.source}", now=now, by=by)
    if command.status not in FINAL:
        command.deadline_at = report_by(command, now=now)
        _wait_for_more(command, now=now)
    return True


def _wait_for_more(command: Command, *, now: datetime) -> None:
    """A cloud is asked; whoever pushes tells by itself."""
    command.claimed_until, command.asks = None, 0
    if command.way == Command.Way.PULL:
        command.step, command.due_at = Command.Step.ASK, now + FIRST_ASKED
    else:
        command.step, command.due_at = "", None


def _words(said: dict[str, Any] | None) -> str:
    """For people: what the other side said, without its code."""
    return str((said or {}).get("detail") or "")[:2000]


def _row(report: Report, is_news: bool, *, now: datetime) -> CommandReport:
    return CommandReport(
        command_id=report.command_id, source=report.source, status=report.status, error=report.said,
        occurred_at=report.occurred_at, received_at=now, is_news=is_news,
    )  # fmt: skip


def _note_signs_of_life(moved: Sequence[Command], *, now: datetime) -> None:
    """A device that tells no telemetry takes part by what it carries out (contract §3)."""
    devices = [each.device_id for each in moved if each.status == Status.COMPLETE]
    if devices:
        with connection.cursor() as cursor:
            cursor.execute(HEARD, {"devices": devices, "now": now})
