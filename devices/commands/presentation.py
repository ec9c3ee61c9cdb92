"""A command as partners see it (contract §6)."""

from datetime import datetime
from typing import Any

from devices.models import Command
from texture_portal.clock import to_wire


def show(command: Command) -> dict[str, Any]:
    """Its device is read with it."""
    return {
        "id": str(command.pk),
        "deviceId": str(command.device_id),
        "manufacturerDeviceId": command.device.manufacturer_device_id,
        "command": command.command,
        "input": command.input,
        "status": command.status,
        "requestedAt": to_wire(command.requested_at),
        "startsAt": to_wire(command.starts_at),
        "endsAt": _instant(command.ends_at),
        "expiresAt": to_wire(command.expires_at),
        "eventId": None if command.event_id is None else str(command.event_id),
        "error": _error(command),
    }


def _error(command: Command) -> dict[str, Any] | None:
    """Our code, and what the other side said, where it did."""
    if not command.error_code:
        return None
    return {"code": command.error_code, "detail": command.error_detail, "reported": command.error_said}


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else to_wire(instant)
