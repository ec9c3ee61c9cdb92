"""Commands by MQTT to devices that report to the portal themselves (§2.3): at QoS 1, under ids that devices heed once.

`portal/v1/{partnerId}/devices/{manufacturerDeviceId}/commands`: the command as the API shows it; called off, it comes
once more with `status` cancelled. Devices tell of it at `…/devices/{manufacturerDeviceId}/commands/{id}/status`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion

from devices.commands import keeping
from devices.commands.presentation import show
from devices.commands.reweighing import weigh_due
from devices.connectors.native.broker import address
from devices.connectors.native.topics import PREFIX
from devices.models import Command, CommandAttempt
from partners.answers import to_json
from texture_portal import jobs
from texture_portal.actors import system

BATCH = 200
AT_LEAST_ONCE = 1
SECONDS = 10.0  # for the broker to take a batch
LEASE, AGAIN_AFTER = timedelta(seconds=30), timedelta(seconds=5)
BY = system("command publisher")


def publish_due(*, now: datetime) -> int:
    """A batch; how many. Without a broker they wait, and expire as not sent."""
    if not settings.MQTT_URL:
        return 0
    held, claimed = _claim(now=now)
    if connection.in_atomic_block:
        raise RuntimeError("nothing is published inside a transaction")
    if claimed:
        _settle(claimed, _publish(claimed), now=now)
    return held


@transaction.atomic
def _claim(*, now: datetime) -> tuple[int, list[Command]]:
    """How many were due, and those of them that are to go out.

    The attempt is on record before it is made. A second one does no harm: the device heeds each id once.
    """
    is_over = Q(step=Command.Step.SEND, expires_at__lte=now)
    due = Command.objects.filter(way=Command.Way.NATIVE, due_at__lte=now).exclude(step="").exclude(is_over)
    held = jobs.claim(due.select_related("device").order_by("restores_id", "due_at", "pk"), limit=BATCH)
    claimed = weigh_due(held, now=now, by=BY)
    for command in claimed:
        command.claims += 1
        command.due_at = command.claimed_until = now + LEASE
        command.sent_at = command.sent_at or now
    keeping.write(claimed)
    CommandAttempt.objects.bulk_create(
        CommandAttempt(command=each, number=each.claims, step=each.step, at=now) for each in claimed
    )
    return len(held), claimed


def _publish(commands: Sequence[Command]) -> set[Any]:
    """Those that the broker took."""
    try:
        with _connected() as client:
            told = {each.pk: _tell(client, each) for each in commands}
            return {pk for pk, info in told.items() if _is_taken(info)}
    except (OSError, ValueError):
        return set()


def _tell(client: Client, command: Command) -> MQTTMessageInfo:
    topic = f"{PREFIX}{command.partner_id}/devices/{command.device.manufacturer_device_id}/commands"
    return client.publish(topic, to_json(show(command)), qos=AT_LEAST_ONCE)


def _is_taken(info: MQTTMessageInfo) -> bool:
    try:
        info.wait_for_publish(SECONDS)
        return info.is_published()
    except (RuntimeError, ValueError):
        return False


@contextmanager
def _connected() -> Iterator[Client]:
    client = Client(CallbackAPIVersion.VERSION2)
    host, port = address(client, settings.MQTT_URL)
    client.connect(host, port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


@transaction.atomic
def _settle(claimed: Sequence[Command], taken: set[Any], *, now: datetime) -> None:
    """One that was called off meanwhile keeps the step that is due by that: the device has yet to be told so."""
    numbers, steps = {each.pk: each.claims for each in claimed}, {each.pk: each.step for each in claimed}
    present = [
        each for each in keeping.locked(numbers) if (each.claims, each.step) == (numbers[each.pk], steps[each.pk])
    ]
    for command in present:
        is_taken = command.pk in taken
        command.claimed_until = None
        command.step = "" if is_taken else command.step
        command.due_at = None if is_taken else now + AGAIN_AFTER
    keeping.write(present)
    for outcome, ids in (("ok", taken), ("not_reached", set(numbers) - taken)):
        for pk in ids:
            CommandAttempt.objects.filter(command=pk, number=numbers[pk]).update(outcome=outcome)
