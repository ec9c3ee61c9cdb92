"""How long events took to take effect, and which took too long (§11.6): read off the inbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from enrollments.events.kinds import KINDS

WINDOW = timedelta(days=7)

MEASURE = """
SELECT type,
       count(*),
       count(*) FILTER (WHERE processed_at IS NULL),
       count(*) FILTER (WHERE COALESCE(processed_at, %(now)s) > due_at),
       extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY processed_at - received_at)),
       extract(epoch FROM percentile_disc(0.99) WITHIN GROUP (ORDER BY processed_at - received_at))
FROM enrollments_partnerevent
WHERE received_at > %(since)s AND enrollment_id IS NOT NULL
GROUP BY type
"""


@dataclass(frozen=True, slots=True)
class Effect:
    """Of one type, within the window. Times are seconds from arrival to effect; None where none has taken effect.

    What took effect in the request that brought it took no time by the row: the request's own is not in it.
    """

    type: str
    within: timedelta
    count: int = 0
    waiting: int = 0
    late: int = 0
    p50: float | None = None
    p99: float | None = None


def effects(*, now: datetime) -> list[Effect]:
    """One for each type, in the contract's order."""
    with connection.cursor() as cursor:
        cursor.execute(MEASURE, {"now": now, "since": now - WINDOW})
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    return [Effect(name, kind.within, *found.get(name, ())) for name, kind in KINDS.items()]
