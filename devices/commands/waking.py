"""Waking the workers of commands: those that announce and hear, those that call clouds, those that publish."""

from collections.abc import Iterable

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
