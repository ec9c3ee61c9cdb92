"""Giving devices back: each restore is a command of its own, written with the one that it undoes, due at its end."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from devices.commands import keeping
from devices.commands.states import NOTHING_TO_RESTORE, SUPERSEDED, UNFINISHED, Status
from devices.models import Command
from texture_portal.actors import Actor

NEVER_CARRIED_OUT = (Status.REJECTED, Status.EXPIRED)


def bring_forward(ended: Iterable[Command], *, now: datetime, by: Actor) -> None:
    """What ended before its time is undone now; where it never came there is nothing to undo."""
    by_id = {each.pk: each for each in ended}
    restores = _waiting(by_id)
    for restore in restores:
        if is_needed(restore, of=by_id[restore.restores_id]):
            restore.due_at = now
        else:
            drop(restore, NOTHING_TO_RESTORE, now=now, by=by)
    keeping.write(restores)


def settle(ended: Iterable[Command], *, now: datetime, by: Actor) -> None:
    """Of commands that came to nothing there is nothing to give back at their end."""
    by_id = {each.pk: each for each in ended if each.status in NEVER_CARRIED_OUT}
    dropped = [each for each in _waiting(by_id) if not is_needed(each, of=by_id[each.restores_id])]
    for restore in dropped:
        drop(restore, NOTHING_TO_RESTORE, now=now, by=by)
    keeping.write(dropped)


def take_over(restores: Sequence[Command], *, now: datetime, by: Actor) -> None:
    """New restores, not yet written, of devices that others would have given back: these do it from now on."""
    by_device = {each.device_id: each for each in restores}
    waiting = Command.objects.filter(device__in=by_device, restores__isnull=False, status=Status.PENDING, sent_at=None)
    taken = keeping.locked(waiting.filter(restores__ends_at__gt=now).values_list("pk", flat=True))
    origins = Command.objects.in_bulk([each.restores_id for each in taken])
    for earlier in taken:
        if is_needed(earlier, of=origins[earlier.restores_id]):
            by_device[earlier.device_id].is_owed = True
        drop(earlier, SUPERSEDED, now=now, by=by)
    keeping.write(taken)


def is_needed(restore: Command, *, of: Command) -> bool:
    return restore.is_owed or (of.may_have_come and of.status not in NEVER_CARRIED_OUT)


def drop(restore: Command, reason: str, *, now: datetime, by: Actor) -> None:
    detail = "What it would have undone was never carried out." if reason == NOTHING_TO_RESTORE else ""
    restore.cancel()
    keeping.blame(restore, reason, detail)
    keeping.note(restore, reason=reason, now=now, by=by)


def _waiting(originals: Iterable[object]) -> list[Command]:
    rows = Command.objects.filter(restores__in=list(originals), status__in=UNFINISHED, sent_at=None)
    return keeping.locked(rows.values_list("pk", flat=True))
