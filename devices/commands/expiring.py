"""Every command comes to an end that is true, whoever died or fell silent: by its deadline at the latest, here."""

from datetime import datetime

from django.db import transaction

from devices.commands import keeping, restoring
from devices.commands.states import NOT_ACKNOWLEDGED, NOT_REACHABLE, NOT_SENT, OUTCOME_UNKNOWN, Status
from devices.models import Command, Connection
from texture_portal import jobs
from texture_portal.actors import Actor, system

BATCH = 500
BY = system("command deadlines")
DETAILS = {
    NOT_SENT: "It could not be sent in time.",
    NOT_REACHABLE: "The connection through which the device was reached is not active.",
    NOT_ACKNOWLEDGED: "It was sent, and nobody acknowledged it in time: do not begin it any more.",
    OUTCOME_UNKNOWN: "It may have been carried out: nobody told what became of it, and asking did not help.",
}


@transaction.atomic
def end_overdue(*, now: datetime) -> int:
    """A batch of those whose deadline is over; how many."""
    due = Command.objects.filter(deadline_at__lte=now).order_by("pk").select_related("device__connection")
    overdue = jobs.claim(due, limit=BATCH)
    for command in overdue:
        _end(command, now=now, by=BY)
    keeping.write(overdue)
    restoring.settle(overdue, now=now, by=BY)
    return len(overdue)


def _end(command: Command, *, now: datetime, by: Actor) -> None:
    """What never went out has expired, and so has what the partner was told not to begin after its time."""
    code = _why(command)
    if code == OUTCOME_UNKNOWN:
        command.fail()
    else:
        command.expire()
    keeping.blame(command, code, DETAILS[code])
    keeping.note(command, reason=code, now=now, by=by)


def _why(command: Command) -> str:
    if command.sent_at is None:
        return NOT_SENT if _is_reachable(command) else NOT_REACHABLE
    if command.status == Status.PENDING and command.way == Command.Way.PUSH:
        return NOT_ACKNOWLEDGED
    return OUTCOME_UNKNOWN


def _is_reachable(command: Command) -> bool:
    connection = command.device.connection
    if command.way != Command.Way.PULL:
        return True
    return connection is not None and connection.status == Connection.Status.ACTIVE
