"""The devices that a row asks about, and which of them are anybody's to ask about."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef

from devices.clearance import readable
from devices.connectors.pull.errands import Known
from devices.models import DiscoveredDevice, Poll, Withdrawal
from devices.portfolios.resting import RESTS, resting

# What was enrolled since, or is listed since. A device goes by its partner's id; what was withdrawn stays withdrawn.
LINK = """
UPDATE devices_discovereddevice listed SET device_id = device.id
FROM devices_connection connection, devices_cloud cloud, devices_device device
WHERE listed.device_id IS NULL AND listed.vanished_at IS NULL
AND connection.id = listed.connection_id AND connection.status = 'active' AND cloud.id = connection.cloud_id
AND device.partner_id = cloud.partner_id AND device.manufacturer_device_id = listed.manufacturer_device_id
AND NOT connection.is_provisional AND coalesce(connection.customer_id = device.customer_id, true)
AND device.type = listed.type
AND NOT EXISTS (
    SELECT FROM devices_withdrawal withdrawal WHERE withdrawal.device_id = device.id
    AND withdrawal.connection_id = connection.id AND withdrawal.lifted_at IS NULL
)
"""
CONNECT = """
UPDATE devices_device device SET connection_id = listed.connection_id, updated_at = %(now)s
FROM devices_discovereddevice listed JOIN devices_connection connection ON connection.id = listed.connection_id
WHERE listed.device_id = device.id AND device.connection_id IS NULL AND listed.vanished_at IS NULL
AND connection.status = 'active'
AND NOT EXISTS (
    SELECT FROM devices_withdrawal withdrawal WHERE withdrawal.device_id = device.id
    AND withdrawal.connection_id = listed.connection_id AND withdrawal.lifted_at IS NULL
)
"""
BEGIN_TO_POLL = f"""
UPDATE devices_poll poll SET due_at = %(now)s
WHERE due_at IS NULL AND kind IN ('single', 'bulk') AND EXISTS (
    SELECT FROM devices_discovereddevice listed JOIN devices_device device ON device.id = listed.device_id
    JOIN devices_connection connection ON connection.id = poll.connection_id AND connection.status = 'active'
    WHERE listed.poll_id = poll.id AND listed.vanished_at IS NULL
    AND device.may_read AND coalesce(device.cleared_until > %(now)s, true) AND NOT {RESTS}
)
"""  # noqa: S608 - with words of our own


def link_enrolled(*, now: datetime) -> None:
    """Devices that are listed and enrolled are polled from now on."""
    with connection.cursor() as cursor:
        for statement in (LINK, CONNECT, BEGIN_TO_POLL):
            cursor.execute(statement, {"now": now})


def known_of(polls: Collection[Poll], *, now: datetime) -> dict[int, list[Known]]:
    """By the row's id: those that may be read, that are still listed, were not withdrawn, and are not at rest."""
    withdrawn = Withdrawal.objects.filter(
        device=OuterRef("device"), connection=OuterRef("connection"), lifted_at=None
    )  # fmt: skip
    listed = (
        DiscoveredDevice.objects.filter(readable(now=now, of="device__"), poll__in=polls, vanished_at=None)
        .exclude(Exists(withdrawn))
        .exclude(resting(of="device"))
        .order_by("pk")
        .values_list("poll_id", "manufacturer_device_id", "entry", "kept", "device__manufacturer")
    )
    found: dict[int, list[Known]] = defaultdict(list)
    for poll, *known in listed:
        found[poll].append(Known(*known))
    return found
