"""Which rows a worker takes next: from every cloud that is up, what is due longest, each to one worker."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL

from devices.models import Cloud, Connection, Poll
from partners.models import Partner

LEASE = timedelta(seconds=90)  # longer than a task may take: then its claims are lost with the worker
AT_ONCE_A_CLOUD = 300  # under way by all workers: a cloud that hangs holds no more
FAILURES_BEFORE_REST = 3
STATES = (Poll.Kind.DISCOVERY, Poll.Kind.SINGLE, Poll.Kind.BULK)

# Of connections that work, and reach something that is not at rest. What is left alone is not even looked at: the
# index has only the others, in the order in which they are due.
OPEN = """devices_poll poll JOIN devices_connection connection ON connection.id = poll.connection_id
    AND connection.status = 'active' AND NOT connection.is_at_rest AND NOT poll.is_left_alone"""
IS_OPEN = Q(is_left_alone=False, connection__status=Connection.Status.ACTIVE, connection__is_at_rest=False)
# The first of each cloud, by the index: put as a mere EXISTS it would be planned as a join of them all.
DUE_SOMEWHERE = f"""SELECT cloud.id FROM devices_cloud cloud CROSS JOIN LATERAL (
    SELECT FROM {OPEN} WHERE poll.cloud_id = cloud.id AND poll.due_at <= %s AND poll.kind = ANY(%s)
    ORDER BY poll.due_at, poll.id LIMIT 1
) first"""  # noqa: S608 - with words of our own
# Of one that failed again and again, a single knock.
CLAIM = f"""
WITH open AS MATERIALIZED (
    SELECT CASE WHEN coalesce(standing.failures, 0) >= %(resting)s THEN 1 ELSE %(room)s END AS room
    FROM devices_cloud cloud LEFT JOIN devices_standing standing ON standing.cloud_id = cloud.id
    WHERE cloud.id = %(cloud)s AND (standing.rests_until IS NULL OR standing.rests_until <= %(now)s)
), due AS (
    SELECT poll.id FROM {OPEN}
    WHERE poll.cloud_id = %(cloud)s AND poll.due_at <= %(now)s AND poll.kind = ANY(%(kinds)s)
    ORDER BY poll.due_at, poll.id
    LIMIT greatest(0, (SELECT room FROM open) - (
        SELECT count(*) FROM devices_poll flying WHERE flying.cloud_id = %(cloud)s AND flying.claimed_until > %(now)s
    ))
    FOR UPDATE OF poll SKIP LOCKED
)
UPDATE devices_poll SET due_at = %(lease)s, claimed_until = %(lease)s, claims = claims + 1
WHERE id IN (SELECT id FROM due) AND EXISTS (SELECT FROM open)
RETURNING id
"""  # noqa: S608 - with words of our own


def open_polls() -> "QuerySet[Poll]":
    """Those that a worker may take once they are due."""
    return Poll.objects.filter(IS_OPEN)


def clouds_with_something_due(*, kinds: Collection[str], now: datetime) -> list[Cloud]:
    """Of those that are polled at all, the one that waits longest first. A suspended partner's are left alone."""
    is_up = Q(standing=None) | Q(standing__rests_until=None) | Q(standing__rests_until__lte=now)
    polled = Cloud.objects.filter(
        is_up, connector=Cloud.Connector.PULL, state=Cloud.State.HEALTHY, partner__status=Partner.Status.ACTIVE,
        pk__in=RawSQL(DUE_SOMEWHERE, [now, list(kinds)]),  # noqa: S611 - with words of our own
    )  # fmt: skip
    return list(polled.select_related("partner").order_by(F("standing__last_success_at").asc(nulls_first=True), "pk"))


@transaction.atomic
def claim(cloud: Cloud, *, most: int, kinds: Collection[str], now: datetime) -> list[Poll]:
    """Up to so many of this cloud's, this worker's until the lease ends. `most` bounds what all workers hold."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")  # a claim that a crash forgets is made again
        cursor.execute(
            CLAIM,
            {
                "cloud": cloud.pk,
                "now": now,
                "lease": now + LEASE,
                "room": min(most, AT_ONCE_A_CLOUD),
                "kinds": list(kinds),
                "resting": FAILURES_BEFORE_REST,
            },
        )
        claimed = [row[0] for row in cursor.fetchall()]
    return list(Poll.objects.filter(pk__in=claimed).order_by("pk"))


def connections_of(polls: Collection[Poll]) -> dict[object, Connection]:
    return Connection.objects.in_bulk({poll.connection_id for poll in polls})
