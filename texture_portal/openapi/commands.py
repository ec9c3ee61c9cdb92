"""Commands in the document: their shape, examples, and calls' bodies."""

from typing import Any

from devices.commands.states import Status
from texture_portal.openapi.device_examples import DEVICE_ID
from texture_portal.openapi.schema import INSTANT, TEXT, UUID, Schema, listed, nullable, one_of, said, shape, whole

COMMAND_ID = "0199d0e0-5b32-7a14-8e22-6d7c8b9a0f12"
SHAPES: dict[str, Schema] = {
    "Command": whole(
        id=said("Also what makes it safe to send twice: one id is carried out once.", UUID),
        deviceId=UUID,
        manufacturerDeviceId=TEXT,
        command=said("Of the registry, see `/docs/device-types`.", TEXT),
        input=said("Its parameters, within the device's limits.", {"type": "object"}),
        status=one_of(Status),
        requestedAt=INSTANT,
        startsAt=said("Not to be begun before.", INSTANT),
        endsAt=said("Another command gives the device back then; null: nothing does.", nullable(INSTANT)),
        expiresAt=said("Not to be begun after.", INSTANT),
        eventId=said("Of the dispatch event that it is part of.", nullable(UUID)),
        error=nullable(shape("CommandError")),
    ),
    "CommandError": whole(
        code=said("Ours: a rule of safety, `rejected_by_partner`, `failed_at_device`, `superseded`, …", TEXT),
        detail=TEXT,
        reported=said("What you told, as it came.", {"type": ["object", "null"]}),
    ),
    "Commands": whole(data=listed(shape("Command")), nextCursor=nullable(TEXT)),
}
PENDING: dict[str, Any] = {
    "id": COMMAND_ID,
    "deviceId": DEVICE_ID,
    "manufacturerDeviceId": "PW3-00017-A",
    "command": "battery:set-operating-mode",
    "input": {"operatingMode": "discharge", "minimumBatteryReserve": 20},
    "status": "pending",
    "requestedAt": "2026-05-01T17:03:00.120Z",
    "startsAt": "2026-05-01T17:03:00.120Z",
    "endsAt": "2026-05-01T19:00:00Z",
    "expiresAt": "2026-05-01T17:18:00Z",
    "eventId": "0199d0e0-1f10-7c01-9b33-4e5d6c7b8a90",
    "error": None,
}
COMMANDS = {"data": [PENDING], "nextCursor": None}
CANCELLED: dict[str, Any] = {
    **PENDING,
    "status": "cancelled",
    "error": {"code": "consent_revoked", "detail": "The customer has revoked consent.", "reported": None},
}
STATUS_TO_SEND = {"status": "in_progress", "occurredAt": "2026-05-01T17:03:05Z"}
IN_PROGRESS = {**PENDING, "status": "in_progress"}
