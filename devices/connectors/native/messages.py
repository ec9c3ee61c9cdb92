"""Messages of a stream, taken as one batch a partner. What cannot be taken is counted in the log, without values."""

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from devices.commands import telling
from devices.connectors.native.topics import ForeignTopicError, place_of, status_place_of
from devices.models import ReadingRefusal
from devices.telemetry import documents, refusing, taking
from devices.telemetry.taking import Observed
from partners.documents import parse
from partners.models import Partner
from texture_portal.refusals import Refusal

log = logging.getLogger(__name__)
MALFORMED, UNKNOWN_PARTNER = "malformed_message", "partner_unknown_or_suspended"


class Message(NamedTuple):
    topic: str
    payload: bytes


def take(messages: Iterable[Message], *, now: datetime) -> int:
    """How many readings were new. Once it returns, what was good is committed, and what was not will never be."""
    refused: dict[UUID | None, Counter[str]] = defaultdict(Counter)
    readings: dict[UUID, list[Any]] = defaultdict(list)
    statuses: list[telling.Told] = []
    for message in messages:
        partner_id = None
        try:
            if (about := status_place_of(message.topic)) is not None:
                partner_id = about[0]
                statuses.append((*about, parse(message.payload)))
                continue
            place = place_of(message.topic)
            partner_id = place.partner_id
            readings[partner_id] += place.readings(parse(message.payload))
        except (ForeignTopicError, ValueError, Refusal):
            refused[partner_id][MALFORMED] += 1
    partners = Partner.objects.in_bulk({*readings, *filter(None, refused), *(each[0] for each in statuses)})
    _take_statuses(statuses, partners, refused, now=now)
    accepted = 0
    for partner_id, items in readings.items():
        partner = partners.get(partner_id)
        if partner is None or partner.status != Partner.Status.ACTIVE:
            refused[partner_id][UNKNOWN_PARTNER] += len(items)
            continue
        accepted += _take(partner, items, refused[partner_id], now=now)
    _note(refused, known=partners, now=now)
    return accepted


def _take_statuses(
    statuses: list[telling.Told],
    partners: dict[UUID, Partner],
    refused: dict[UUID | None, Counter[str]],
    *,
    now: datetime,
) -> None:
    active = {pk for pk, each in partners.items() if each.status == Partner.Status.ACTIVE}
    for partner_id, *_ in (each for each in statuses if each[0] not in active):
        refused[partner_id][UNKNOWN_PARTNER] += 1
    for about, codes in telling.take([each for each in statuses if each[0] in active], now=now).items():
        refused[about].update(codes)


def _take(partner: Partner, items: list[Any], refused: Counter[str], *, now: datetime) -> int:
    observed: dict[int, Observed]
    observed, malformed = documents.read(items)
    taken = taking.take(partner, list(observed.values()), now=now)
    refused.update(each.code for each in (*malformed, *taken.rejected))
    return taken.accepted


def _note(refused: dict[UUID | None, Counter[str]], *, known: Collection[UUID], now: datetime) -> None:
    """Who is no partner of ours is counted without a name."""
    total: Counter[str] = Counter()
    of_nobody: Counter[str] = Counter()
    for partner_id, codes in refused.items():
        total += codes
        if partner_id in known:
            refusing.note(partner_id, ReadingRefusal.Way.MQTT, codes, now=now)
        else:
            of_nobody += codes
    refusing.note(None, ReadingRefusal.Way.MQTT, of_nobody, now=now)
    if total:
        log.warning("Not taken of the stream: %s", ", ".join(f"{count} {code}" for code, count in total.items()))
