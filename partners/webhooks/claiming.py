"""Which deliveries a worker takes next: fair between endpoints, in order within an enrollment, each to one worker."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection

from partners.models import WebhookSecret
from partners.webhooks.outcomes import FAILURES_BEFORE_REST

AT_ONCE_AN_ENDPOINT = 32
HEALTH_STEP = timedelta(minutes=1)  # so that a busy endpoint's row is not written for every success
SLACK = timedelta(seconds=20)  # beside what the receiver may take: then a claim counts as lost with its worker

# An endpoint is claimed from by one worker at a time. One that failed again and again gets a single knock.
# Round after round: the first of every endpoint before the second of any. The small subqueries keep the planner on the
# indexes, whatever it knows of a table that fills and empties. A crash of the database may forget a claim: no harm.
CLAIM = """
WITH unwaited AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)
), open AS MATERIALIZED (
    SELECT endpoint.id, CASE WHEN failures >= %(resting)s THEN 1 ELSE %(at_once)s END AS room
    FROM unwaited, partners_webhookendpoint endpoint CROSS JOIN LATERAL (
        SELECT FROM partners_webhookdelivery
        WHERE endpoint_id = endpoint.id AND state = 'pending' AND due_at <= %(now)s ORDER BY due_at LIMIT 1
    ) something
    WHERE disabled_at IS NULL AND removed_at IS NULL AND (rests_until IS NULL OR rests_until <= %(now)s)
    FOR NO KEY UPDATE OF endpoint SKIP LOCKED
), due AS (
    SELECT open.id AS endpoint_id, first.id, row_number() OVER (PARTITION BY open.id ORDER BY first.id) AS round
    FROM open CROSS JOIN LATERAL (
        SELECT delivery.id FROM partners_webhookdelivery delivery
        WHERE endpoint_id = open.id AND state = 'pending' AND due_at <= %(now)s
        AND (expires_at IS NULL OR expires_at > %(now)s)
        AND (subject IS NULL OR id = (
            SELECT earliest.id FROM partners_webhookdelivery earliest
            WHERE earliest.endpoint_id = open.id AND earliest.subject = delivery.subject AND earliest.state = 'pending'
            ORDER BY earliest.id LIMIT 1
        ))
        ORDER BY due_at, id
        LIMIT greatest(0, open.room - (
            SELECT count(*) FROM partners_webhookdelivery flying
            WHERE flying.endpoint_id = open.id AND flying.claimed_until > %(now)s
        ))
        FOR UPDATE SKIP LOCKED
    ) first
)
UPDATE partners_webhookdelivery delivery
SET attempts = attempts + 1, due_at = %(lease)s, claimed_until = %(lease)s
FROM partners_webhookmessage message, partners_webhookendpoint endpoint
WHERE delivery.id = ANY(ARRAY(SELECT id FROM due ORDER BY round, endpoint_id LIMIT %(most)s))
AND message.id = delivery.message_id AND endpoint.id = delivery.endpoint_id
RETURNING delivery.id, delivery.attempts, delivery.give_up_at, delivery.expires_at,
    message.id, message.body, endpoint.id, endpoint.url,
    endpoint.failures > 0 OR endpoint.rests_until IS NOT NULL OR endpoint.last_success_at IS NULL
        OR endpoint.last_success_at < %(health_noted)s,
    message.type, message.subject
"""

# What can be sent no more: the time is over, or the endpoint is. Also what was written while its endpoint ended.
SETTLE_ENDED = """
UPDATE partners_webhookdelivery delivery
SET state = CASE
        WHEN delivery.expires_at <= %(now)s THEN 'expired'
        WHEN endpoint.removed_at IS NOT NULL THEN 'cancelled'
        ELSE 'dead'
    END,
    outcome = CASE
        WHEN delivery.expires_at <= %(now)s THEN 'expired'
        WHEN endpoint.removed_at IS NOT NULL THEN 'endpoint_removed'
        ELSE 'endpoint_disabled'
    END,
    settled_at = %(now)s, claimed_until = NULL
FROM partners_webhookendpoint endpoint
WHERE endpoint.id = delivery.endpoint_id AND delivery.state = 'pending'
AND (delivery.claimed_until IS NULL OR delivery.claimed_until <= %(now)s)
"""
ENDED_ENDPOINT = "AND (endpoint.disabled_at IS NOT NULL OR endpoint.removed_at IS NOT NULL)"
EXPIRED = "AND delivery.expires_at <= %(now)s"


@dataclass(frozen=True, slots=True)
class Claimed:
    """`number` is which attempt this is; only the latest claim of a row may say that it failed.

    `health_is_open`: a success would be news of the endpoint.
    """

    delivery_id: int
    number: int
    give_up_at: datetime
    expires_at: datetime | None
    key: UUID
    body: str
    endpoint_id: UUID
    url: str
    health_is_open: bool
    type: str
    subject: UUID | None


def claim(*, most: int, now: datetime) -> list[Claimed]:
    """Up to so many, this worker's until the lease ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "now": now,
                "most": most,
                "at_once": AT_ONCE_AN_ENDPOINT,
                "resting": FAILURES_BEFORE_REST,
                "health_noted": now - HEALTH_STEP,
                "lease": now + timedelta(seconds=settings.WEBHOOK_SECONDS) + SLACK,
            },
        )
        return [Claimed(*row) for row in cursor.fetchall()]


def settle_ended(*, now: datetime) -> None:
    """One that is under way is left to whoever carries it."""
    with connection.cursor() as cursor:
        for which in (ENDED_ENDPOINT, EXPIRED):
            cursor.execute(f"{SETTLE_ENDED} {which}", {"now": now})


def secrets_of(endpoint_ids: set[UUID], *, now: datetime) -> dict[UUID, list[bytes]]:
    """What signs now, the newest first."""
    found: dict[UUID, list[bytes]] = defaultdict(list)
    rows = WebhookSecret.objects.filter(endpoint__in=endpoint_ids).order_by("-created_at")
    signing = [row for row in rows if row.signs(now=now)]
    for row in signing:
        found[row.endpoint_id].append(row.secret())
    if unnoted := [row.pk for row in signing if row.last_used_at is None or now - row.last_used_at > HEALTH_STEP]:
        WebhookSecret.objects.filter(pk__in=unnoted).update(last_used_at=now)
    return found
