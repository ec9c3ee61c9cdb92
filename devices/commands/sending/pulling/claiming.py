"""Which commands a worker takes next for a cloud. The attempt is on record before it is made.

What is claimed to be sent counts as sent from then on, and its next step is to ask: should this worker die, whoever
comes after asks what became of it, and does not send it again blindly.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from devices.commands import keeping
from devices.commands.reweighing import weigh_due
from devices.models import Cloud, Command, CommandAttempt, Connection, Device, DiscoveredDevice
from devices.polling.claiming import FAILURES_BEFORE_REST
from texture_portal.actors import system

LEASE = timedelta(seconds=45)  # a call takes ten seconds at most, and waits for its moment for fifteen
AT_ONCE_A_CLOUD = 400
ASKS = 4  # of as many calls, one may be a question
BY = system("command sender")
Step = Command.Step

# Restores first. What is only asked about never takes the room of what is to be sent.
DUE = """
SELECT command.id FROM devices_command command
JOIN devices_device device ON device.id = command.device_id
JOIN devices_connection connection ON connection.id = device.connection_id
WHERE command.way = 'pull' AND command.step <> '' AND command.step = ANY(%(steps)s) AND command.due_at <= %(now)s
AND (command.step <> 'send' OR command.expires_at > %(now)s)
AND connection.cloud_id = %(cloud)s AND connection.status = 'active'
ORDER BY command.restores_id IS NULL, command.due_at, command.id
LIMIT %(room)s
FOR UPDATE OF command SKIP LOCKED
"""
WAITING = """
SELECT DISTINCT connection.cloud_id FROM devices_command command
JOIN devices_device device ON device.id = command.device_id
JOIN devices_connection connection ON connection.id = device.connection_id
WHERE command.way = 'pull' AND command.step <> '' AND command.due_at <= %s AND connection.status = 'active'
AND (command.step <> 'send' OR command.expires_at > %s)
"""


@dataclass(slots=True)
class Claimed:
    """`step` is what this claim is for; `sent_before`: it had gone out already."""

    command: Command
    step: str
    number: int
    sent_before: datetime | None
    names: dict[str, Any]


def clouds_with_something_due(*, now: datetime) -> list[Cloud]:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [now, now])
        waiting = [row[0] for row in cursor.fetchall()]
    if not waiting:
        return []
    is_up = Q(standing=None) | Q(standing__rests_until=None) | Q(standing__rests_until__lte=now)
    usable = Cloud.objects.filter(is_up, connector=Cloud.Connector.PULL, state=Cloud.State.HEALTHY, pk__in=waiting)
    return list(usable.select_related("standing", "partner").order_by("pk"))


@transaction.atomic
def claim(cloud: Cloud, *, most: int, now: datetime) -> list[Claimed]:
    """This worker's until the lease ends."""
    room = min(most, _room(cloud))
    ids = _due(cloud, [Step.SEND, Step.CANCEL], room=room, now=now)
    ids += _due(cloud, [Step.ASK], room=min(room - len(ids), max(1, room // ASKS)), now=now)
    claimed = weigh_due(_commands(ids), now=now, by=BY)
    made = [_take(each, now=now) for each in claimed]
    keeping.write(claimed)
    CommandAttempt.objects.bulk_create(
        CommandAttempt(command=each.command, number=each.number, step=each.step, at=now) for each in made
    )
    _name(made)
    return made


def _due(cloud: Cloud, steps: list[str], *, room: int, now: datetime) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"cloud": cloud.pk, "now": now, "room": max(0, room), "steps": list(map(str, steps))})
        return [row[0] for row in cursor.fetchall()]


def _commands(ids: list[UUID]) -> list[Command]:
    """Each with its device's names, and through what it is reached: few are the connections of many devices."""
    held = Command.objects.in_bulk(ids)
    wanted = Device.objects.only("manufacturer_device_id", "manufacturer", "connection_id")
    devices = wanted.in_bulk({each.device_id for each in held.values()})
    through = Connection.objects.in_bulk({each.connection_id for each in devices.values()})
    for device in devices.values():
        device.connection = through[device.connection_id] if device.connection_id else None
    for command in held.values():
        command.device = devices[command.device_id]
    return [held[pk] for pk in ids]


def _room(cloud: Cloud) -> int:
    """Of one that failed again and again, a single knock."""
    standing = getattr(cloud, "standing", None)
    return 1 if standing is not None and standing.failures >= FAILURES_BEFORE_REST else AT_ONCE_A_CLOUD


def _take(command: Command, *, now: datetime) -> Claimed:
    made = Claimed(command, command.step, command.claims + 1, command.sent_at, {})
    command.claims += 1
    command.due_at = command.claimed_until = now + LEASE
    if command.step == Step.SEND:
        command.sent_at, command.step = command.sent_at or now, Step.ASK
    return made


def _name(claimed: list[Claimed]) -> None:
    """What the calls need to know of each device: what its cloud's list told of it."""
    devices = [each.command.device_id for each in claimed]
    listed = DiscoveredDevice.objects.filter(device__in=devices, vanished_at=None).values_list(
        "device_id", "connection_id", "kept"
    )
    kept: dict[tuple[UUID, UUID], dict[str, Any]] = {(device, through): names for device, through, names in listed}
    for each in claimed:
        device = each.command.device
        known = kept.get((device.pk, device.connection_id), {}) if device.connection_id else {}
        each.names = {"device": device.manufacturer_device_id, **known, "command": str(each.command.pk)}
