"""What clouds list, kept: new devices, those that vanish, and ids that change for the same serial number (§10)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from devices.connectors.pull.documents import Document
from devices.connectors.pull.errands import Outcome, names_used, of_entry
from devices.connectors.pull.faults import Fault
from devices.connectors.pull.finding import Found
from devices.models import Cloud, DiscoveredDevice, Poll

EVERY = timedelta(hours=1)
EVERY_STEP = timedelta(hours=6)  # a site of many
UPDATED = (
    "type", "serial_number", "manufacturer", "model", "site_reference", "entry", "kept", "found_by", "poll",
    "last_listed_at", "vanished_at",
)  # fmt: skip

BEGIN = """
INSERT INTO devices_poll (cloud_id, connection_id, kind, step, names, key, due_at, claims, failures, outcome, faults)
SELECT cloud.id, connection.id, 'discovery', 0, '{}', 'root', %(now)s, 0, 0, '', '{}'
FROM devices_connection connection JOIN devices_cloud cloud ON cloud.id = connection.cloud_id
WHERE connection.status = 'active' AND NOT connection.is_provisional AND NOT connection.is_at_rest
AND cloud.connector = 'pull' AND cloud.document <> '{}'
AND NOT EXISTS (
    SELECT FROM devices_poll poll WHERE poll.connection_id = connection.id AND poll.kind = 'discovery' AND poll.step = 0
)
ON CONFLICT DO NOTHING
"""


def begin(*, now: datetime) -> None:
    """Every active connection to a cloud that has a document is looked through."""
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, {"now": now})


def look_again(cloud: Cloud, *, now: datetime) -> None:
    """At once: its document was changed, or staff want to see what is there now."""
    Poll.objects.filter(cloud=cloud, kind=Poll.Kind.DISCOVERY).update(due_at=now)


def is_whole(outcome: Outcome) -> bool:
    """A list that is not where it should be is no empty list: nothing vanishes by it."""
    return not any(fault.code == "items_missing" for fault in outcome.faults)


@transaction.atomic
def keep(poll: Poll, document: Document, outcome: Outcome, *, now: datetime) -> list[Fault]:
    """What one step found. The caller settles the row itself; faults are those of what was found."""
    if poll.step < len(document.discovery) - 1:
        _keep_steps(poll, outcome.steps, now=now)
        return []
    found = {each.id: each for each in outcome.found}
    faults = _keep_devices(poll, document, found, now=now)
    if len(found) < len(outcome.found):
        faults.append(Fault("devices", "id_repeated", "Several devices have the same id, and one of them is kept."))
    if is_whole(outcome):
        _vanish(DiscoveredDevice.objects.filter(found_by=poll).exclude(manufacturer_device_id__in=found), now=now)
    return faults


def digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _keep_steps(poll: Poll, steps: Iterable[Mapping[str, Any]], *, now: datetime) -> None:
    keys = {digest(poll.pk, kept): kept for kept in steps}
    Poll.objects.bulk_create(
        (
            Poll(
                cloud_id=poll.cloud_id, connection_id=poll.connection_id, kind=Poll.Kind.DISCOVERY, parent=poll,
                step=poll.step + 1, names=kept, key=key, due_at=now,
            )
            for key, kept in keys.items()
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    gone = Poll.objects.filter(parent=poll).exclude(key__in=keys)
    _vanish(DiscoveredDevice.objects.filter(found_by__in=gone), now=now)
    gone.update(due_at=None, is_left_alone=False)
    Poll.objects.filter(parent=poll, key__in=keys, due_at=None).update(due_at=now)


def _keep_devices(poll: Poll, document: Document, found: Mapping[str, Found], *, now: datetime) -> list[Fault]:
    polls, faults = _polls_for(poll, document, found.values())
    earlier = _earlier_ids(poll.connection_id, found)
    DiscoveredDevice.objects.bulk_create(
        (
            DiscoveredDevice(
                connection_id=poll.connection_id, manufacturer_device_id=each.id, type=each.type,
                serial_number=each.serial_number, manufacturer=each.manufacturer, model=each.model,
                site_reference=each.site, entry=each.entry, kept=dict(each.kept), found_by=poll,
                poll=polls.get(each.id), first_listed_at=now, last_listed_at=now, was_called=earlier.get(each.id, ""),
            )
            for each in found.values()
        ),
        update_conflicts=True,
        unique_fields=["connection", "manufacturer_device_id"],
        update_fields=UPDATED,
        batch_size=1000,
    )  # fmt: skip
    return faults


def _polls_for(poll: Poll, document: Document, found: Iterable[Found]) -> tuple[dict[str, Poll], list[Fault]]:
    """The row that asks for each device's state: devices that the same calls tell of share one."""
    wanted: dict[str, tuple[str, Poll]] = {}
    faults: list[Fault] = []
    for each in found:
        entry = document.entries[each.entry]
        kind = of_entry(document, entry)
        if not kind:
            continue
        used = names_used(document, entry.state, bulk=kind == Poll.Kind.BULK)
        if missing := used - set(each.kept):
            at = f"{entry.at}.keep.{min(missing)}"
            faults.append(Fault(at, "name_missing", f"{{{min(missing)}}} was not in the answer."))
            continue
        names = {name: each.kept[name] for name in used}
        calls = [entry.state.bulk.call] if entry.state.bulk else [entry.state.call, *entry.state.also]
        key = digest(calls, names)
        wanted[each.id] = key, Poll(
            cloud_id=poll.cloud_id, connection_id=poll.connection_id, kind=kind, names=names, key=key
        )  # fmt: skip
    Poll.objects.bulk_create(dict(wanted.values()).values(), ignore_conflicts=True)
    kept = Poll.objects.filter(connection=poll.connection_id, kind__in=(Poll.Kind.SINGLE, Poll.Kind.BULK))
    by_key = {row.key: row for row in kept.filter(key__in={key for key, _ in wanted.values()})}
    return {name: by_key[key] for name, (key, _) in wanted.items()}, faults


def _earlier_ids(connection_id: UUID, found: Mapping[str, Found]) -> dict[str, str]:
    """By a new id, the latest other one under which its serial number was listed (§10: it must not change)."""
    listed = DiscoveredDevice.objects.filter(connection=connection_id).order_by("pk")
    known = set(listed.filter(manufacturer_device_id__in=found).values_list("manufacturer_device_id", flat=True))
    new = {each.serial_number: each.id for each in found.values() if each.serial_number and each.id not in known}
    before = listed.filter(serial_number__in=new).values_list("serial_number", "manufacturer_device_id")
    return {new[serial]: name for serial, name in before if name != new[serial]}


def _vanish(rows: Any, *, now: datetime) -> None:
    """Shown, and not deleted."""
    rows.filter(vanished_at=None).update(vanished_at=now)
