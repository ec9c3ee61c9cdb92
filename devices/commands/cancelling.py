"""Ending commands that are no longer wanted: here at once, at the other side as soon as it can be told."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from devices.commands import keeping, restoring, waking
from devices.commands.states import SUPERSEDED, UNFINISHED
from devices.models import Command, Device
from texture_portal.actors import Actor

DETAILS = {
    SUPERSEDED: "A newer command to the device took its place.",
    "consent_revoked": "The customer has revoked consent.",
    "portfolio_suspended": "A portfolio that the device is in is suspended.",
    "not_cleared": "The device is no longer to be controlled.",
}


@transaction.atomic
def cancel(commands: Iterable[Command], *, reason: str, now: datetime, by: Actor, detail: str = "") -> list[Command]:
    """Those of them that have not finished; which those were. What may have come is restored now, not at its end.

    `reason` is a code: it is the error's, too. A restore among them is cancelled only where it is named itself.
    """
    ended = _end([each.pk for each in commands], reason=reason, detail=detail, now=now, by=by)
    restoring.bring_forward(ended, now=now, by=by)
    if ended:
        waking.wake(each.way for each in ended)
    return ended


@transaction.atomic
def cancel_for_devices(
    devices: Collection[Device], *, but: Collection[str] = (), reason: str, now: datetime, by: Actor
) -> int:
    """From above: whatever is under way there, all but what gives the devices back; and `but` for these programs."""
    found = Command.objects.filter(device__in=devices, status__in=UNFINISHED, restores=None)
    found = found.exclude(program_type__in=but)
    return len(cancel(found, reason=reason, now=now, by=by))


def supersede(newer: Sequence[Command], restores: Sequence[Command], *, now: datetime, by: Actor) -> None:
    """In the transaction in which the newer are written, before they are.

    A newer command that will give its device back itself takes that over from what stood before.
    """
    devices = [each.device_id for each in newer]
    older = Command.objects.filter(device__in=devices, status__in=UNFINISHED, restores=None).values_list(
        "pk", flat=True
    )
    _end(older, reason=SUPERSEDED, detail="", now=now, by=by)
    restoring.take_over(restores, now=now, by=by)


def _end(ids: Iterable[UUID], *, reason: str, detail: str, now: datetime, by: Actor) -> list[Command]:
    ended = [each for each in keeping.locked(ids) if each.is_unfinished]
    for command in ended:
        command.cancel()
        keeping.blame(command, reason, detail or DETAILS.get(reason, ""))
        keeping.note(command, reason=reason, now=now, by=by)
        if command.may_have_come:
            command.step, command.due_at = Command.Step.CANCEL, now
    keeping.write(ended)
    return ended
