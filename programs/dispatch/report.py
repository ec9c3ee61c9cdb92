"""What became of every device of an event, as rows of a sheet: read in pages, so that a fleet of any size streams."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from devices.models import Command
from programs.models import DispatchEvent, DispatchTarget
from texture_portal.clock import to_wire

PAGE = 500
DECIMALS = 3
HEADER = (
    "deviceId", "manufacturerDeviceId", "serialNumber", "type", "utility", "state", "postalCode", "outcome", "reason",
    "detail", "decidedBy", "command", "asked", "sent", "startsAt", "sentAt", "acknowledgedAt", "finishedAt",
    "commandStatus", "restore", "restoreDetail", "restoredAt", "expectedKw", "baselineKwh", "loadKwh", "responseKw",
    "baselineDays", "unmeasured",
)  # fmt: skip
Row = list[Any]


def rows(event: DispatchEvent) -> Iterator[Row]:
    yield list(HEADER)
    after = 0
    while targets := list(
        event.targets.filter(pk__gt=after).select_related("device__site__utility").order_by("pk")[:PAGE]
    ):
        orders, restores = _commands(event, [each.device_id for each in targets])
        for each in targets:
            yield _row(each, orders.get(each.device_id), restores.get(each.device_id))
        after = targets[-1].pk


def _commands(event: DispatchEvent, devices: Sequence[UUID]) -> tuple[dict[UUID, Command], dict[UUID, Command]]:
    """The last order to each, and what restored it."""
    found: dict[bool, dict[UUID, Command]] = defaultdict(dict)
    for each in Command.objects.filter(event_id=event.pk, device__in=devices).order_by("pk"):
        found[each.restores_id is not None][each.device_id] = each
    return found[False], found[True]


def _row(target: DispatchTarget, order: Command | None, restore: Command | None) -> Row:
    device, site = target.device, target.device.site
    return [
        str(device.pk), _safe(device.manufacturer_device_id), _safe(device.serial_number), device.type,
        _safe(site.utility.name) if site.utility else "", site.state, site.postal_code, target.outcome, target.reason,
        _safe(target.detail), _safe(target.decided_by), *_order(order), target.restore, target.restore_detail,
        _at(restore.finished_at) if restore and restore.status == "complete" else "", _number(target.expected_kw),
        *map(_number, (target.baseline_kwh, target.load_kwh, target.response_kw)),
        target.baseline_days or "", target.unmeasured,
    ]  # fmt: skip


def _order(order: Command | None) -> Row:
    if order is None:
        return [""] * 8
    return [
        order.command, _json(order.asked), _json(order.input), _at(order.starts_at), _at(order.sent_at),
        _at(order.acknowledged_at), _at(order.finished_at), order.status,
    ]  # fmt: skip


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _at(instant: datetime | None) -> str:
    return "" if instant is None else to_wire(instant)


def _number(value: float | None) -> Any:
    return "" if value is None else round(value, DECIMALS)


def _safe(text: str) -> str:
    """Somebody else's word, which a spreadsheet might take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
