"""Recording how attempts went: the row goes on or is settled, the log grows, the endpoint's health is kept."""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from partners.models import WebhookAnswer, WebhookDelivery, WebhookEndpoint
from partners.webhooks.claiming import Claimed
from partners.webhooks.outbox import is_idle
from partners.webhooks.outcomes import Outcome, next_attempt, rest_until
from partners.webhooks.types import TYPES
from partners.webhooks.waking import COMMANDS

State = WebhookDelivery.State

# A success counts whoever brings it; a failure only from the latest claim of a row that still waits. A crash of the
# database may forget the last of them: then the same messages go out again, under the same keys.
SETTLE = """
WITH unwaited AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)
), result AS MATERIALIZED (
    SELECT each.* FROM unwaited, unnest(
        %s::bigint[], %s::int[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::int[],
        %s::int[], %s::text[], %s::text[]
    ) AS each (delivery_id, number, state, due_at, settled_at, at, milliseconds, status, outcome, answer)
), attempt AS (
    INSERT INTO partners_webhookattempt (delivery_id, number, at, milliseconds, status, outcome, answer)
    SELECT delivery_id, number, at, milliseconds, status, outcome, answer
    FROM result WHERE EXISTS (SELECT FROM partners_webhookdelivery WHERE id = delivery_id)
)
UPDATE partners_webhookdelivery delivery
SET state = result.state, outcome = result.outcome, settled_at = result.settled_at, claimed_until = NULL,
    due_at = coalesce(result.due_at, delivery.due_at)
FROM result
WHERE delivery.id = ANY(%s::bigint[]) AND delivery.id = result.delivery_id AND (
    result.state = 'delivered' AND delivery.state <> 'delivered'
    OR delivery.state = 'pending' AND delivery.attempts = result.number
)
"""


@dataclass(frozen=True, slots=True)
class Result:
    claimed: Claimed
    outcome: Outcome
    began_at: datetime
    seconds: float


@transaction.atomic
def settle(results: list[Result], *, now: datetime) -> None:
    """Endpoints before their deliveries: whoever else holds both takes them in this order, too."""
    by_endpoint: dict[UUID, list[Result]] = defaultdict(list)
    for result in results:
        by_endpoint[result.claimed.endpoint_id].append(result)
    _keep_health(by_endpoint, now=now)
    rows = [_row(result, now=now) for result in results]
    with connection.cursor() as cursor:
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(SETTLE, [*columns, columns[0]])
    _keep_answers(results, now=now)


def end_pending(endpoint: WebhookEndpoint, *, state: str, outcome: str, now: datetime) -> None:
    """Nothing more is sent to it; the caller holds its row. What is under way is settled by whoever carries it."""
    WebhookDelivery.objects.filter(is_idle(now=now), endpoint=endpoint, state=State.PENDING).update(
        state=state, outcome=outcome, settled_at=now, claimed_until=None
    )


def _keep_answers(results: list[Result], *, now: datetime) -> None:
    answers = [
        WebhookAnswer(type=claimed.type, subject=claimed.subject, said=result.outcome.answer, at=now)
        for result in results
        if (claimed := result.claimed).subject is not None
        and TYPES[claimed.type].is_answered
        and result.outcome.is_delivered
    ]
    if answers:
        WebhookAnswer.objects.bulk_create(answers)
        COMMANDS.wake()


def _row(result: Result, *, now: datetime) -> tuple[object, ...]:
    claimed, outcome = result.claimed, result.outcome
    state, due_at = _what_next(claimed, outcome, now=now)
    return (
        claimed.delivery_id,
        claimed.number,
        state.value,
        due_at,
        None if state == State.PENDING else now,
        result.began_at,
        int(result.seconds * 1000),
        outcome.status,
        outcome.code,
        outcome.answer,
    )


def _what_next(claimed: Claimed, outcome: Outcome, *, now: datetime) -> tuple[State, datetime | None]:
    if outcome.is_delivered:
        return State.DELIVERED, None
    if outcome.is_gone:
        return State.DEAD, None
    due_at = next_attempt(
        outcome, attempts=claimed.number, now=now, give_up_at=claimed.give_up_at, jitter=random.random
    )
    if claimed.expires_at is not None and (due_at is None or due_at >= claimed.expires_at):
        return State.EXPIRED, None
    return (State.PENDING, due_at) if due_at is not None else (State.DEAD, None)


def _keep_health(by_endpoint: dict[UUID, list[Result]], *, now: datetime) -> None:
    """Rows are read and written only where there is news of an endpoint; of those that failed at once one counts."""
    changed = [each for each, results in by_endpoint.items() if any(map(_is_news, results))]
    if changed:
        held = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk__in=changed).order_by("pk")
        for endpoint in held:
            _weigh(endpoint, by_endpoint[endpoint.pk], now=now)


def _is_news(result: Result) -> bool:
    return result.claimed.health_is_open or not result.outcome.is_delivered


def _weigh(endpoint: WebhookEndpoint, results: Iterable[Result], *, now: datetime) -> None:
    for result in sorted(results, key=lambda each: not each.outcome.is_delivered):  # failures last
        outcome = result.outcome
        if outcome.is_delivered:
            endpoint.failures, endpoint.rests_until, endpoint.last_success_at = 0, None, now
            continue
        if endpoint.failed_at is None or result.began_at > endpoint.failed_at:
            endpoint.failures, endpoint.failed_at = endpoint.failures + 1, now
        until = rest_until(outcome, failures=endpoint.failures, now=now)
        endpoint.rests_until = max(filter(None, (endpoint.rests_until, until)), default=None)
        if outcome.is_gone and endpoint.is_live:
            endpoint.disabled_at, endpoint.disabled_by = now, WebhookEndpoint.DisabledBy.GONE
    endpoint.save()
    if endpoint.disabled_at == now:
        end_pending(endpoint, state=State.DEAD, outcome="endpoint_disabled", now=now)
