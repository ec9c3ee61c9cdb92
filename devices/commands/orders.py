"""What is ordered of a device, before anybody has weighed it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from devices.models import Device
from devices.safety import NO_CAPS, Asked, Caps


@dataclass(frozen=True, slots=True)
class DispatchClearance:
    """What the program allows: for which type it is, of which event it is part, and what is left of the caps."""

    program_type: str
    event_id: UUID | None = None
    caps: Caps = NO_CAPS


@dataclass(frozen=True, slots=True)
class Order:
    """`starts_at` None: at once. `restore` is `{"command", "input"}`, due at `ends_at`, which it needs."""

    device: Device
    command: str
    input: Mapping[str, Any]
    expires_at: datetime
    clearance: DispatchClearance | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    restore: Mapping[str, Any] | None = field(default=None)

    def __post_init__(self) -> None:
        if self.restore is not None and self.ends_at is None:
            raise ValueError("what is restored at the end needs an end")

    def asked(self) -> Asked:
        clearance = self.clearance or DispatchClearance("")
        return Asked(
            self.command, self.input, clearance.program_type, clearance.event_id, self.starts_at, self.ends_at,
            clearance.caps,
        )  # fmt: skip

    def asked_back(self) -> Asked | None:
        return way_back(self.restore)


def way_back(restore: Mapping[str, Any] | None) -> Asked | None:
    """A restore as safety weighs it."""
    if restore is None:
        return None
    return Asked(str(restore["command"]), dict(restore["input"]), is_restore=True)
