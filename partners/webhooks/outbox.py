"""Writing down what a partner is to be told, in the transaction of its cause."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from partners.answers import to_json
from partners.forgetting import Mention, messages_that_mention
from partners.models import Partner, WebhookAnswer, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage
from partners.webhooks.types import EVERY, TYPES, VERSION
from partners.webhooks.waking import wake
from texture_portal.clock import to_wire
from texture_portal.ids import new_id

State = WebhookDelivery.State
GIVE_UP_AFTER = timedelta(hours=72)  # contract §9

# One statement, whatever the number of endpoints. What is kept is written even where nobody listens; an endpoint that
# was added since the partner was read, so that nothing was put together for it, is sent nothing empty.
WRITE = """
WITH listening AS (
    SELECT id FROM partners_webhookendpoint
    WHERE partner_id = %(partner)s AND disabled_at IS NULL AND removed_at IS NULL
    AND event_types && %(types)s::varchar[]
    AND %(body)s <> ''
), message AS (
    INSERT INTO partners_webhookmessage (id, partner_id, type, subject, body, expires_at, created_at)
    SELECT %(id)s, %(partner)s, %(type)s, %(subject)s, %(body)s, %(expires_at)s, %(now)s
    WHERE %(is_kept)s OR EXISTS (SELECT FROM listening)
    RETURNING id
)
INSERT INTO partners_webhookdelivery
    (message_id, endpoint_id, subject, state, attempts, due_at, give_up_at, expires_at, outcome)
SELECT message.id, listening.id, %(subject)s, 'pending', 0, %(now)s, %(give_up_at)s, %(expires_at)s, ''
FROM message, listening
"""


# Many of one type to one partner, by one statement likewise.
WRITE_ALL = """
WITH listening AS (
    SELECT id FROM partners_webhookendpoint
    WHERE partner_id = %(partner)s AND disabled_at IS NULL AND removed_at IS NULL
    AND event_types && %(types)s::varchar[]
), message AS (
    INSERT INTO partners_webhookmessage (id, partner_id, type, subject, body, expires_at, created_at)
    SELECT id, %(partner)s, %(type)s, subject, body, expires_at, %(now)s
    FROM unnest(%(ids)s::uuid[], %(subjects)s::uuid[], %(bodies)s::text[], %(expiries)s::timestamptz[])
        AS each (id, subject, body, expires_at)
    WHERE EXISTS (SELECT FROM listening)
    RETURNING id, subject, expires_at
)
INSERT INTO partners_webhookdelivery
    (message_id, endpoint_id, subject, state, attempts, due_at, give_up_at, expires_at, outcome)
SELECT message.id, listening.id, message.subject, 'pending', 0, %(now)s, %(give_up_at)s, message.expires_at, ''
FROM message, listening ORDER BY message.id
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One of many messages: about what, what is said, and until when."""

    subject: UUID
    data: dict[str, Any]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """What became of one message. `acknowledged_at`: the partner's first 2xx (§11.5).

    `outcome`: a state of a delivery, the best that any has; `nobody` where the partner had no endpoint for it.
    """

    key: UUID
    type: str
    told_at: datetime
    acknowledged_at: datetime | None
    outcome: str


def announce(
    *,
    partner: Partner,
    type: str,
    data: Callable[[], dict[str, Any]],
    now: datetime,
    subject: UUID | None = None,
    expires_at: datetime | None = None,
) -> UUID | None:
    """Writes down what the partner's endpoints that take `type` are to be told; they are told after the commit.

    Call it in the transaction of the cause. `data` is put together only where somebody may listen. What is told of
    one `subject` (an enrollment, whose row the caller holds) comes in order; None: in no order. After `expires_at` it
    is told no more. The answer is the message's key; None where there is nobody to tell. A partner without an
    endpoint costs no statement, but for the types that are kept on record.
    """
    is_kept = TYPES[type].is_kept
    if not partner.takes_webhooks and not is_kept:
        return None
    key = new_id()
    body = _body(type, key, data(), now=now) if partner.takes_webhooks else ""
    if not _write(partner, type, key, body, subject=subject, expires_at=expires_at, now=now):
        return None
    wake()
    return key


def announce_all(items: Sequence[Item], *, partner: Partner, type: str, now: datetime) -> int:
    """As `announce`, of types that are not kept on record: how many deliveries that makes."""
    if not partner.takes_webhooks or not items:
        return 0
    keys = [new_id() for _ in items]
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE_ALL,
            {
                "partner": partner.pk,
                "type": type,
                "types": [type, EVERY],
                "ids": keys,
                "subjects": [item.subject for item in items],
                "bodies": [_body(type, key, item.data, now=now) for key, item in zip(keys, items, strict=True)],
                "expiries": [item.expires_at for item in items],
                "now": now,
                "give_up_at": now + GIVE_UP_AFTER,
            },
        )
        count = int(cursor.rowcount)
    if count:
        wake()
    return count


def take_back(subjects: Iterable[UUID], *, type: str, now: datetime) -> None:
    """What waits of this type about these is sent no more; what is under way is on its way."""
    WebhookDelivery.objects.filter(
        is_idle(now=now), subject__in=list(subjects), message__type=type, state=State.PENDING
    ).update(state=State.EXPIRED, outcome="taken_back", settled_at=now, claimed_until=None)


def is_idle(*, now: datetime) -> Q:
    """Nobody carries it; a claim that is over was lost with its worker."""
    return Q(claimed_until=None) | Q(claimed_until__lte=now)


def announce_to(endpoint: WebhookEndpoint, *, type: str, data: dict[str, Any], now: datetime) -> UUID:
    """To this endpoint alone, whatever types it takes."""
    with transaction.atomic():
        message = WebhookMessage(id=new_id(), partner=endpoint.partner, type=type, created_at=now)
        message.body = _body(type, message.pk, data, now=now)
        message.save(force_insert=True)
        WebhookDelivery.objects.create(message=message, endpoint=endpoint, due_at=now, give_up_at=now + GIVE_UP_AFTER)
        wake()
    return message.pk


def tellings(subject: UUID, *, type: str | None = None) -> list[Telling]:
    """What a partner was told of one enrollment, oldest first, and what became of it."""
    messages = WebhookMessage.objects.filter(subject=subject).prefetch_related("deliveries").order_by("id")
    if type is not None:
        messages = messages.filter(type=type)
    return [_telling(each) for each in messages]


def forget(subjects: Collection[UUID], *, partner_id: UUID, mentions: Collection[Mention] = ()) -> int:
    """Blanks what was said of these, and what was answered: for the erasure of a person. How many messages.

    What is yet to be told is told no more. `mentions`: so do others of no subject in which one of these words stands.
    """
    named = messages_that_mention(partner_id, mentions=mentions) if mentions else []
    messages = WebhookMessage.objects.filter(Q(subject__in=subjects) | Q(pk__in=named), partner=partner_id)
    ids = list(messages.values_list("pk", flat=True))
    with transaction.atomic():
        WebhookDelivery.objects.filter(message__in=ids, state=State.PENDING).delete()
        WebhookAttempt.objects.filter(delivery__message__in=ids).update(answer="")
        WebhookAnswer.objects.filter(subject__in=subjects).delete()
        return WebhookMessage.objects.filter(pk__in=ids).update(body="")


def _body(type: str, key: UUID, data: dict[str, Any], *, now: datetime) -> str:
    document = {"type": type, "version": VERSION, "key": str(key), "timestamp": to_wire(now), "data": data}
    return to_json(document).decode()


def _write(
    partner: Partner,
    type: str,
    key: UUID,
    body: str,
    *,
    subject: UUID | None,
    expires_at: datetime | None,
    now: datetime,
) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE,
            {
                "id": key,
                "partner": partner.pk,
                "type": type,
                "types": [type, EVERY],
                "subject": subject,
                "body": body,
                "expires_at": expires_at,
                "now": now,
                "is_kept": TYPES[type].is_kept,
                "give_up_at": now + GIVE_UP_AFTER,
            },
        )
        return bool(cursor.rowcount)


def _telling(message: WebhookMessage) -> Telling:
    deliveries = message.deliveries.all()
    times = [each.settled_at for each in deliveries if each.state == State.DELIVERED and each.settled_at]
    return Telling(message.pk, message.type, message.created_at, min(times, default=None), _outcome(deliveries))


def _outcome(deliveries: Iterable[WebhookDelivery]) -> str:
    """Of several endpoints the best: one that was reached is enough."""
    states = {each.state for each in deliveries}
    best_first = (State.DELIVERED, State.PENDING, State.DEAD, State.EXPIRED, State.CANCELLED)
    return next((state.value for state in best_first if state in states), "nobody")
