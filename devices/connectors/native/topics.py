"""What is published where. Pure.

`portal/v1/{partnerId}/telemetry`: a document as `POST /v1/telemetry` takes it.
`portal/v1/{partnerId}/devices/{manufacturerDeviceId}/telemetry`: one reading of that device, without its id.
`portal/v1/{partnerId}/devices/{manufacturerDeviceId}/commands/{id}/status`: what became of a command to it.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

PREFIX = "portal/v1/"
STATUSES = f"{PREFIX}+/devices/+/commands/+/status"
SUBSCRIPTIONS = (f"{PREFIX}+/telemetry", f"{PREFIX}+/devices/+/telemetry", STATUSES)


class ForeignTopicError(Exception):
    """Nothing is published there that we take."""


@dataclass(frozen=True, slots=True)
class Place:
    """`device` is the manufacturer's id; None where the document says of whom it tells."""

    partner_id: UUID
    device: str | None

    def readings(self, document: Any) -> list[Any]:
        """As `POST /v1/telemetry` has them; raises ValueError where the document is not what belongs here."""
        if not isinstance(document, dict):
            raise ValueError("not an object")
        if self.device is not None:
            return [{**document, "manufacturerDeviceId": self.device}]
        readings = document.get("readings")
        if not isinstance(readings, list):
            raise ValueError("no list of readings")
        return readings


def place_of(topic: str) -> Place:
    """Raises `ForeignTopicError`."""
    if not topic.startswith(PREFIX):
        raise ForeignTopicError(topic)
    match topic.removeprefix(PREFIX).split("/"):
        case [partner, "telemetry"]:
            device = None
        case [partner, "devices", device, "telemetry"] if device:
            pass
        case _:
            raise ForeignTopicError(topic)
    try:
        return Place(UUID(partner), device)
    except ValueError as fault:
        raise ForeignTopicError(topic) from fault


def status_place_of(topic: str) -> tuple[UUID, str, UUID] | None:
    """Partner, device and command whose status is told there; None where that is not what is told."""
    match topic.removeprefix(PREFIX).split("/"):
        case [partner, "devices", device, "commands", command, "status"] if device:
            try:
                return UUID(partner), device, UUID(command)
            except ValueError as fault:
                raise ForeignTopicError(topic) from fault
        case _:
            return None
