"""What safety has to know of devices, read for thousands at once."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from devices.models import Cloud, Command, Connection, Device
from devices.portfolios.resting import RESTS, resting
from devices.safety import DeviceFacts, Window
from devices.telemetry import forms, layouts
from texture_portal import prepared

# A suspended partner's devices take no orders, nor do those that a suspended portfolio keeps at rest.
# A device without a connection is its partner's to command; natively where the partner's devices report to us.
READ = f"""
SELECT device.id, device.partner_id, device.type, device.controllable, device.telemetry, device.commands,
    device.ratings::text, partner.status = 'active' AND NOT {RESTS}, device.may_control,
    device.cleared_types, device.cleared_until,
    latest.observed_at, latest.layout, latest.state, connection.status, cloud.connector,
    EXISTS (SELECT FROM devices_cloud own WHERE own.partner_id = device.partner_id AND own.connector = 'native')
FROM devices_device device JOIN partners_partner partner ON partner.id = device.partner_id
LEFT JOIN devices_devicestate latest ON latest.device_id = device.id
LEFT JOIN devices_connection connection ON connection.id = device.connection_id
LEFT JOIN devices_cloud cloud ON cloud.id = connection.cloud_id
WHERE device.id = ANY(%s)
"""  # noqa: S608 - with words of our own
# In an event is a device from its command's start to its end, unless the command came to nothing.
EVENTS = """
SELECT device_id, event_id, starts_at, ends_at FROM devices_command
WHERE device_id = ANY(%s) AND event_id IS NOT NULL AND restores_id IS NULL
AND status NOT IN ('rejected', 'expired', 'cancelled') AND (ends_at IS NULL OR ends_at > %s)
AND (ends_at IS NOT NULL OR status IN ('pending', 'accepted', 'in_progress'))
"""


@dataclass(frozen=True, slots=True)
class Known:
    """`way` None: its connection is not active, so that nothing reaches it."""

    partner_id: UUID
    way: Command.Way | None
    facts: DeviceFacts


def of(device_ids: Collection[UUID], *, now: Any) -> dict[UUID, Known]:
    ids = list(device_ids)
    known, events = layouts.known(), _events(ids, now)
    return {row[0]: _known(row, known, tuple(events[row[0]])) for row in prepared.rows(READ, [ids])}


def which_take_orders(device_ids: Collection[UUID]) -> set[UUID]:
    """The same condition on orders as in `READ`, for who looks ahead, or once more in the last moment."""
    known = Device.objects.filter(pk__in=device_ids, partner__status="active")
    return set(known.exclude(resting(of="pk")).values_list("pk", flat=True))


def _events(ids: list[UUID], now: Any) -> dict[UUID, list[Window]]:
    found: dict[UUID, list[Window]] = defaultdict(list)
    for device, event, starts_at, ends_at in prepared.rows(EVENTS, [ids, now]):
        found[device].append(Window(event, starts_at, ends_at))
    return found


def _known(row: tuple[Any, ...], known: dict[int, layouts.Fields], events: tuple[Window, ...]) -> Known:
    (_, partner_id, kind, controllable, telemetry, commands, ratings, takes_orders, may_control, types,
     until, observed_at, layout, state, status, connector, is_native) = row  # fmt: skip
    facts = DeviceFacts(
        type=kind,
        controllable=controllable,
        telemetry=telemetry,
        commands=frozenset(commands),
        ratings=_stated(ratings),
        state=forms.read(known[layout], state) if layout is not None and state is not None else {},
        observed_at=observed_at,
        takes_orders=takes_orders,
        may_control=may_control,
        program_types=frozenset(types),
        cleared_until=until,
        events=events,
    )
    return Known(partner_id, _way(status, connector, is_native=is_native), facts)


def _stated(written: str) -> dict[str, float]:
    return {name: value for name, value in orjson.loads(written).items() if value is not None}


def _way(status: str | None, connector: str | None, *, is_native: bool) -> Command.Way | None:
    if status is None:
        return Command.Way.NATIVE if is_native else Command.Way.PUSH
    if connector != Cloud.Connector.PULL:
        return Command.Way(str(connector))
    return Command.Way.PULL if status == Connection.Status.ACTIVE else None
