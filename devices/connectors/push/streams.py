"""Streams of partners' clouds, as rows: which are to be read, how far each was, and what a message leaves behind."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import orjson
from django.db.models import QuerySet

from devices.connections import reach
from devices.connectors.push import messages
from devices.connectors.push.documents import StreamDocument
from devices.connectors.push.events import Event
from devices.connectors.push.messages import Item
from devices.models import Cloud, Connection, Device, ReadingRefusal, StreamPosition, Withdrawal
from devices.telemetry import refusing
from devices.telemetry.taking import Observed, take
from partners.models import Partner
from texture_portal.refusals import Refusal

log = logging.getLogger(__name__)
WITHDRAWN, MALFORMED, UNKNOWN, UNREADABLE = "withdrawn", "malformed_message", "unknown_device", "unreadable"


def is_wanted() -> bool:
    return to_follow().exists()


def to_follow() -> "QuerySet[Connection]":
    """Grants at clouds that have a stream, and a document that says what is in it."""
    return (
        Connection.objects.filter(
            status=Connection.Status.ACTIVE,
            is_at_rest=False,
            cloud__connector=Cloud.Connector.PUSH,
            cloud__state=Cloud.State.HEALTHY,
            cloud__partner__status=Partner.Status.ACTIVE,
        )
        .exclude(cloud__document={})
        .order_by("pk")
    )


def position_of(connection: Connection) -> StreamPosition:
    return StreamPosition.objects.get_or_create(connection=connection)[0]


def note_connected(connection: Connection, *, now: datetime) -> None:
    StreamPosition.objects.filter(connection=connection).update(connected_at=now)


def note_cut(connection_id: UUID, reason: str, *, now: datetime) -> int:
    """How often it was cut in a row, without a message between."""
    row = StreamPosition.objects.filter(connection=connection_id).first()
    if row is None:
        return 1
    row.connected_at, row.cut_at, row.cut_reason, row.cuts = None, now, reason[:40], row.cuts + 1
    row.save(update_fields=["connected_at", "cut_at", "cut_reason", "cuts"])
    return row.cuts


def take_events(
    connection: Connection, document: StreamDocument, events: Sequence[Event], *, now: datetime
) -> tuple[int, "Counter[str]"]:
    """How many readings were new, and why others were not taken.

    Safe to do twice: the position moves on once what was told is committed, and a reading is kept once.
    """
    refused: Counter[str] = Counter()
    items = [item for event in events for item in _items(document, event, refused)]
    observed = _observed(connection, document, items, refused, now=now)
    accepted = 0
    if observed:
        taken = take(connection.cloud.partner, observed, now=now)
        accepted = taken.accepted
        refused.update(each.code for each in taken.rejected)
    refusing.note(connection.cloud.partner_id, ReadingRefusal.Way.STREAM, refused, now=now)
    StreamPosition.objects.filter(connection=connection).update(last_event_id=events[-1].id, told_at=now, cuts=0)
    return accepted, refused


def _items(document: StreamDocument, event: Event, refused: "Counter[str]") -> list[Item]:
    if document.event and event.name != document.event:
        return []
    try:
        found, faults = messages.items_in(document, orjson.loads(event.data))
    except orjson.JSONDecodeError:
        refused[MALFORMED] += 1
        return []
    refused.update({MALFORMED: len(faults)} if faults else {})
    return found


def _observed(
    connection: Connection, document: StreamDocument, items: Sequence[Item], refused: "Counter[str]", *, now: datetime
) -> list[Observed]:
    names = {item.device for item in items}
    devices = Device.objects.filter(partner=connection.cloud.partner_id, manufacturer_device_id__in=names)
    known = {device.manufacturer_device_id: device for device in devices}
    withdrawn = _withdrawn(connection, known.values())
    _attach(connection, [device for device in known.values() if device.connection_id is None], withdrawn)
    types = {name: device.type for name, device in known.items() if device.pk not in withdrawn}
    ours = [item for item in items if item.device in types]
    refused.update(WITHDRAWN if item.device in known else UNKNOWN for item in items if item.device not in types)
    observed = []
    for read in messages.read(document, ours, types=types, received_at=now):
        if read.observed_at is None:
            refused[UNREADABLE] += 1
        else:
            observed.append(Observed(read.device, read.observed_at, read.state, read.counters))
    return observed


def _withdrawn(connection: Connection, devices: Iterable[Device]) -> set[UUID]:
    rows = Withdrawal.objects.filter(connection=connection, device__in=devices, lifted_at=None)
    return set(rows.values_list("device", flat=True))


def _attach(connection: Connection, devices: Sequence[Device], withdrawn: set[UUID]) -> None:
    """What a grant tells of is reached through it, unless another one reaches it already."""
    new = [device for device in devices if device.pk not in withdrawn]
    if new:
        try:
            reach.attach(connection, new)
        except Refusal:  # it was revoked a moment ago, and its stream is cut for it
            log.info("connection %s was revoked while its stream was read", connection.pk)
