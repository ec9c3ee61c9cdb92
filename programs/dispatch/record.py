"""What happens to an event is on record: who did it, and why."""

from typing import Any

from django.contrib.auth import get_user_model

from programs.models import DispatchEvent
from texture_portal.actors import Actor

LONGEST_NAME = 255


def save_on_record(event: DispatchEvent, *, by: Actor, reason: str) -> None:
    written: Any = event  # the history reads these two from the instance
    written._change_reason = f"{reason} ({by.role} {by.name})"
    written._history_user = get_user_model().objects.get(pk=by.user_id) if by.user_id is not None else None
    event.save()


def save_off_record(event: DispatchEvent, *columns: str) -> None:
    """How far its work is, is no history."""
    written: Any = event
    written.save_without_historical_record(update_fields=columns)


def named(by: Actor) -> str:
    return f"{by.role} {by.name}"[:LONGEST_NAME]
