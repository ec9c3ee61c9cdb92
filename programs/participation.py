"""Joining and leaving programs. Capacity and exclusive groups hold under any number of writers."""

from collections.abc import Iterable
from datetime import datetime

from devices.models import Device
from programs.dispatch.stopping import withdraw
from programs.models import Participation, Program


def join(device: Device, program: Program, *, now: datetime) -> Participation | None:
    """The device's participation, as a row to be written at once; None where the program's capacity is reached.

    Call it in a transaction: where there is a capacity, the program's row is locked until the end of it.
    """
    if program.max_enrollments is not None:
        locked = Program.objects.select_for_update().get(pk=program.pk)
        if locked.live_count() >= (locked.max_enrollments or 0):
            return None
    return Participation(device=device, program=program, exclusive_group=program.exclusive_group, joined_at=now)


def leave(participations: Iterable[Participation], *, reason: str, now: datetime) -> None:
    """Where a capacity was the limit, those who wait learn of the room (enrollments.waiting).

    Who leaves a program leaves its events: what runs there ends at once. Call it in a transaction.
    """
    left = list(participations)
    for participation in left:
        participation.left_at, participation.left_reason = now, reason
        participation.save(update_fields=["left_at", "left_reason"])
        Program.objects.filter(pk=participation.program_id, max_enrollments__isnull=False).update(room_freed_at=now)
    if left:
        withdraw([each.device_id for each in left], program_ids={each.program_id for each in left}, why=reason, now=now)
