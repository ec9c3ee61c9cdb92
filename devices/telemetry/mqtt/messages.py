"""Messages of a stream, taken as one batch a partner. What cannot be taken is counted in the log, without values."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from devices.telemetry import documents, taking
from devices.telemetry.mqtt.topics import ForeignTopicError, place_of
from devices.telemetry.taking import Observed
from partners.documents import parse
from partners.models import Partner
from texture_portal.refusals import Refusal

log = logging.getLogger(__name__)


class Message(NamedTuple):
    topic: str
    payload: bytes


def take(messages: Iterable[Message], *, now: datetime) -> int:
    """How many readings were new. Once it returns, what was good is committed, and what was not will never be."""
    refused: Counter[str] = Counter()
    readings: dict[UUID, list[Any]] = defaultdict(list)
    for message in messages:
        try:
            place = place_of(message.topic)
            readings[place.partner_id] += place.readings(parse(message.payload))
        except (ForeignTopicError, ValueError, Refusal):
            refused["malformed_message"] += 1
    active = {each.pk: each for each in Partner.objects.filter(pk__in=readings, status=Partner.Status.ACTIVE)}
    accepted = 0
    for partner_id, items in readings.items():
        if partner_id not in active:
            refused["partner_unknown_or_suspended"] += len(items)
            continue
        accepted += _take(active[partner_id], items, refused, now=now)
    if refused:
        log.warning("Not taken of the stream: %s", ", ".join(f"{count} {code}" for code, count in refused.items()))
    return accepted


def _take(partner: Partner, items: list[Any], refused: Counter[str], *, now: datetime) -> int:
    observed: dict[int, Observed]
    observed, malformed = documents.read(items)
    taken = taking.take(partner, list(observed.values()), now=now)
    refused.update(each.code for each in (*malformed, *taken.rejected))
    return taken.accepted
