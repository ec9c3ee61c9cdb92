"""Programs as partners see them (contract §5)."""

from typing import Any

from programs.models import Program
from territories.presentation import show_utility


def show_offer(program: Program) -> dict[str, Any]:
    return {
        "id": str(program.pk),
        "name": program.name,
        "type": program.type,
        "deviceTypes": program.device_types,
        "requiredCommands": program.required_commands,
        "utility": show_utility(program.owner),
        "startsOn": program.starts_on,
        "endsOn": program.ends_on,
        "open": program.has_room,
    }
