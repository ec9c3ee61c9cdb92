"""Connections that reach nothing but devices at rest, put to rest and woken: written down to them, by one job.

It follows from which portfolios are suspended, what is in them, and what is reached through which connection. Whoever
looks for work reads the column, and asks no more than that of however many rest. The job is woken by what changes a
portfolio; what becomes of a device's connection in any other way it finds with its next look, within a minute. Until
then nothing is read that is at rest (`devices.polling.known`).

The database leaves a connection's polls alone while it is no use to ask them, by a trigger of `Connection`. History is
asked for by device: its row is left alone while the device rests, though the connection goes on for others.
"""

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from devices.portfolios.resting import REACHES_NOTHING_AWAKE, RESTS

AT_ONCE = 5_000  # in one transaction
# Who is held by somebody is left to the next look. The polls that the trigger frees are held before, all in the order
# in which whoever settles polls holds them: so nobody waits in a circle.
TO_REST = f"""
WITH chosen AS MATERIALIZED (
    SELECT connection.id FROM devices_connection connection
    WHERE NOT connection.is_at_rest AND connection.status <> 'revoked' AND connection.id IN (
        SELECT device.connection_id FROM devices_portfolio portfolio
        JOIN devices_portfoliodevice place ON place.portfolio_id = portfolio.id
        JOIN devices_device device ON device.id = place.device_id
        WHERE portfolio.suspended_at IS NOT NULL
    ) AND {REACHES_NOTHING_AWAKE}
    LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE devices_connection SET is_at_rest = true WHERE id IN (SELECT id FROM chosen)
"""  # noqa: S608 - with words of our own
TO_WAKE = f"""
WITH chosen AS MATERIALIZED (
    SELECT connection.id FROM devices_connection connection
    WHERE connection.is_at_rest AND NOT {REACHES_NOTHING_AWAKE}
    LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
), held AS MATERIALIZED (
    SELECT poll.id FROM devices_poll poll WHERE poll.connection_id IN (SELECT id FROM chosen) AND poll.is_left_alone
    ORDER BY poll.id FOR NO KEY UPDATE
)
UPDATE devices_connection SET is_at_rest = false
WHERE id IN (SELECT id FROM chosen) AND (SELECT count(*) FROM held) >= 0
"""  # noqa: S608 - with words of our own
HISTORY_TO_REST = f"""
WITH chosen AS MATERIALIZED (
    SELECT poll.id FROM devices_poll poll JOIN devices_device device ON device.id = poll.device_id
    WHERE EXISTS (SELECT FROM devices_portfolio WHERE suspended_at IS NOT NULL)
    AND poll.kind = 'history' AND poll.due_at IS NOT NULL AND NOT poll.is_left_alone AND {RESTS}
    LIMIT %s FOR NO KEY UPDATE OF poll SKIP LOCKED
)
UPDATE devices_poll SET is_left_alone = true WHERE id IN (SELECT id FROM chosen)
"""  # noqa: S608 - with words of our own
HISTORY_TO_WAKE = f"""
WITH chosen AS MATERIALIZED (
    SELECT poll.id FROM devices_poll poll
    JOIN devices_connection connection ON connection.id = poll.connection_id
    JOIN devices_device device ON device.id = poll.device_id
    WHERE poll.is_left_alone AND poll.kind = 'history'
    AND connection.status = 'active' AND NOT connection.is_at_rest AND NOT {RESTS}
    LIMIT %s FOR NO KEY UPDATE OF poll SKIP LOCKED
)
UPDATE devices_poll SET is_left_alone = false WHERE id IN (SELECT id FROM chosen)
"""  # noqa: S608 - with words of our own


@transaction.atomic
def follow() -> int:
    """A batch of each; how many were put to rest or woken."""
    with connection.cursor() as cursor:
        return sum(_done(cursor, statement) for statement in (TO_REST, TO_WAKE, HISTORY_TO_REST, HISTORY_TO_WAKE))


def _done(cursor: CursorWrapper, statement: str) -> int:
    cursor.execute(statement, [AT_ONCE])
    return int(cursor.rowcount)
