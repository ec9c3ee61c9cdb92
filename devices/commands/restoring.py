"""Giving devices back: each restore is a command of its own, written with the one that it undoes, due at its end."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from devices.commands import keeping
from devices.commands.states import NOTHING_TO_RESTORE, SUPERSEDED, UNFINISHED, Status
from devices.models import Command, Device
from texture_portal.actors import Actor


def bring_forward(ended: Iterable[Command], *, now: datetime, by: Actor) -> None:
    """What ended before its time is undone now; where it never came there is nothing to undo."""
    restores = _waiting(ended)
    for restore, original in restores:
        if is_needed(restore, of=original):
            restore.due_at = now
        else:
            drop(restore, NOTHING_TO_RESTORE, now=now, by=by)
    keeping.write([restore for restore, _ in restores])


def settle(ended: Iterable[Command], *, now: datetime, by: Actor) -> None:
    """Of commands that came to nothing there is nothing to give back at their end."""
    waiting = _waiting(each for each in ended if each.status in (Status.REJECTED, Status.EXPIRED))
    dropped = [restore for restore, original in waiting if not is_needed(restore, of=original)]
    for restore in dropped:
        drop(restore, NOTHING_TO_RESTORE, now=now, by=by)
    keeping.write(dropped)


def take_over(restores: Sequence[Command], *, now: datetime, by: Actor) -> None:
    """New restores, not yet written, of devices that others would have given back: these do it from now on."""
    by_device = {each.device_id: each for each in restores}
    waiting = Command.objects.filter(device__in=by_device, restores__isnull=False, status=Status.PENDING, sent_at=None)
    taken = keeping.locked(waiting.filter(restores__ends_at__gt=now).values_list("pk", flat=True))
    origins = {each.pk: each for each in Command.objects.filter(restore__in=taken)}
    for earlier in taken:
        if earlier.restores_id and is_needed(earlier, of=origins[earlier.restores_id]):
            by_device[earlier.device_id].is_owed = True
        drop(earlier, SUPERSEDED, now=now, by=by)
    keeping.write(taken)


def are_under_way(device: Device, *, now: datetime) -> bool:
    """Whether something is about to give it back, for which access to it is still needed."""
    return (
        device.orders.filter(restores__isnull=False, status__in=UNFINISHED, due_at__lte=now).exclude(step="").exists()
    )


def is_needed(restore: Command, *, of: Command) -> bool:
    """Also where nobody acknowledged it: what may have come may have been carried out."""
    return restore.is_owed or (of.may_have_come and of.status != Status.REJECTED)


def drop(restore: Command, reason: str, *, now: datetime, by: Actor) -> None:
    detail = "What it would have undone was never carried out." if reason == NOTHING_TO_RESTORE else ""
    restore.cancel()
    keeping.blame(restore, reason, detail)
    keeping.note(restore, reason=reason, now=now, by=by)


def _waiting(originals: Iterable[Command]) -> list[tuple[Command, Command]]:
    """The restores that have not gone out, each with what it undoes."""
    by_id = {each.pk: each for each in originals if each.restores_id is None}
    if not by_id:
        return []
    rows = Command.objects.filter(restores__in=list(by_id), status__in=UNFINISHED, sent_at=None)
    held = keeping.locked(rows.values_list("pk", flat=True))
    return [(each, by_id[each.restores_id]) for each in held if each.restores_id]
