"""What devices tell of commands by MQTT: documents as `POST /v1/commands/{id}/status` takes them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from devices.commands import progress
from devices.commands.documents import CommandStatusDocument
from devices.commands.progress import Report
from devices.commands.states import Status
from devices.models import Command
from texture_portal.actors import system

BY = system("device by MQTT")


Told = tuple[UUID, str, UUID, Any]  # partner, manufacturer's device id, command, document


def take(told: Iterable[Told], *, now: datetime) -> "dict[UUID, Counter[str]]":
    """What was not taken, by partner and code."""
    refused: dict[UUID, Counter[str]] = defaultdict(Counter)
    read = []
    for partner_id, device, command_id, document in told:
        values, faults = CommandStatusDocument.read(document, context={})
        if faults:
            refused[partner_id]["malformed_message"] += 1
        else:
            read.append((partner_id, device, command_id, values))
    known = {
        (each.partner_id, each.device.manufacturer_device_id, each.pk)
        for each in Command.objects.filter(pk__in=[row[2] for row in read]).select_related("device")
    }
    reports = []
    for partner_id, device, command_id, values in read:
        if (partner_id, device, command_id) not in known:
            refused[partner_id]["unknown_command"] += 1
            continue
        said = dict(values["error"]) if values.get("error") else None
        source = progress.Source.MQTT
        reports.append(Report(command_id, Status(values["status"]), source, values["occurred_at"], said))
    if reports:
        progress.record(reports, now=now, by=BY)
    return refused
