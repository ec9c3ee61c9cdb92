"""What happens to clouds, connections and portfolios is on record: who did it, and why."""

from typing import Any

from django.contrib.auth import get_user_model

from devices.models import Cloud, Connection, Portfolio
from texture_portal.actors import Actor


def save_on_record(row: Cloud | Connection | Portfolio, *, by: Actor, reason: str) -> None:
    written: Any = row  # the history reads these two from the instance
    written._change_reason = f"{reason} ({by.role} {by.name})"
    written._history_user = get_user_model().objects.get(pk=by.user_id) if by.user_id is not None else None
    row.save()


def save_off_record(connection: Connection, *columns: str) -> None:
    """What a renewal leaves is no history. No columns: all."""
    written: Any = connection
    written.save_without_historical_record(update_fields=columns or None)
