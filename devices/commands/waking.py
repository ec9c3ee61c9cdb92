"""Waking the workers of commands: those that announce and hear, those that call clouds, those that publish."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from devices.models import Command
from partners.webhooks.waking import COMMANDS
from texture_portal.vigils import Vigil

CALLS = Vigil("command_calls", 0x636F_6D6D_6361_6C6C)


def wake(ways: Iterable[str]) -> None:
    """As soon as the present transaction commits."""
    ways = set(ways)
    if ways - {Command.Way.PULL}:
        COMMANDS.wake()
    if Command.Way.PULL in ways:
        CALLS.wake()


def wake_due(*, now: datetime) -> bool:
    """For those that were written ahead of their moment, once it has come: an event begins to the second."""
    out_of_reach = Q(way=Command.Way.PULL) & ~Q(device__connection__status="active")
    due = Command.objects.filter(due_at__lte=now, expires_at__gt=now).exclude(step="").exclude(out_of_reach)
    ways = set(due.order_by().values_list("way", flat=True).distinct())
    wake(ways)
    return bool(ways)
