"""Writing commands: new ones, and changed ones, each by one statement for however many."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from devices.commands.states import FINAL
from devices.models import Command
from texture_portal.actors import Actor

CHANGED = (
    "input", "clipped", "status", "step", "due_at", "claimed_until", "claims", "asks", "deadline_at", "sent_at",
    "acknowledged_at", "finished_at", "error_code", "error_detail", "error_said", "is_owed", "changed_at",
    "change_reason", "changed_by",
)  # fmt: skip
WRITE = f"""
UPDATE devices_command command SET {", ".join(f"{name} = changed.{name}" for name in CHANGED)}
FROM jsonb_populate_recordset(NULL::devices_command, %s::jsonb) changed WHERE command.id = changed.id
"""  # noqa: S608 - names of our own columns


def locked(ids: Iterable[Any]) -> list[Command]:
    """In one order for everybody, so that two who change the same ones wait and do not deadlock."""
    return list(Command.objects.filter(pk__in=list(ids)).order_by("pk").select_for_update())


def write(commands: Sequence[Command]) -> None:
    """What was changed of rows that the caller holds."""
    if not commands:
        return
    rows = [{"id": each.pk, **{name: getattr(each, name) for name in CHANGED}} for each in commands]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [orjson.dumps(rows).decode()])


def actor_of(by: Actor) -> dict[str, Any]:
    named = {"role": by.role.value, "name": by.name, "channel": by.channel.value}
    return {**named, "userId": by.user_id} if by.user_id is not None else named


def note(command: Command, *, reason: str, now: datetime, by: Actor) -> None:
    """Who moved it, and why. One that came to its end has nothing more to be done, unless it is said again."""
    command.changed_at, command.change_reason, command.changed_by = now, reason[:200], actor_of(by)
    if command.status in FINAL:
        command.finished_at, command.deadline_at = now, None
        command.step, command.due_at, command.claimed_until = "", None, None


def blame(command: Command, code: str, detail: str, *, said: Any = None) -> None:
    command.error_code, command.error_detail, command.error_said = code, detail[:2000], said
