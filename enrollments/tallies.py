"""Takes the front page's counts: each table is read once, whatever is counted in it."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count

from devices.models import Connection, Poll
from devices.telemetry import fleet
from enrollments.models import Enrollment, Tally
from programs.models import Participation
from territories.models import Site
from texture_portal.holding import hold

Row = tuple[Any, Any, int]  # subject, word, count
FAILING_AFTER = 3  # failures in a row
BY_GROUP = f"""
SELECT CASE GROUPING(e.partner_id, s.utility_id, date_trunc('week', e.created_at))
           WHEN 7 THEN 'state' WHEN 3 THEN 'partner' WHEN 5 THEN 'utility' ELSE 'week' END,
       coalesce(e.partner_id::text, s.utility_id::text, to_char(date_trunc('week', e.created_at), 'YYYY-MM-DD'), ''),
       e.state, count(*)
  FROM {Enrollment._meta.db_table} e JOIN {Site._meta.db_table} s ON s.id = e.site_id
 GROUP BY GROUPING SETS (
       (e.state), (e.partner_id, e.state), (s.utility_id, e.state), (date_trunc('week', e.created_at), e.state))
"""  # noqa: S608 - names of our own tables
BY_PROGRAM = f"""
SELECT p.program_id::text, e.state, count(*)
  FROM {Participation._meta.db_table} p JOIN {Enrollment._meta.db_table} e ON e.device_id = p.device_id
 WHERE p.left_at IS NULL AND e.state <> 'revoked' GROUP BY 1, 2
"""  # noqa: S608 - likewise


def take(*, now: datetime) -> int:
    """A job: nothing is left to do when it is done."""
    counted = [*_of_enrollments(), *_of_devices(now=now)]
    with transaction.atomic():
        hold(["tallies"])
        Tally.objects.all().delete()
        Tally.objects.bulk_create(
            Tally(of=of, subject=str(subject), word=str(word), count=count, taken_at=now)
            for of, (subject, word, count) in counted
        )
    return 0


def _of_enrollments() -> list[tuple[str, Row]]:
    with connection.cursor() as cursor:
        cursor.execute(BY_GROUP)
        found = [(of, (subject, state, count)) for of, subject, state, count in cursor.fetchall()]
        cursor.execute(BY_PROGRAM)
        return found + [(Tally.Of.PROGRAM, row) for row in cursor.fetchall()]


def _of_devices(*, now: datetime) -> list[tuple[str, Row]]:
    fleets = [
        (Tally.Of.FLEET, (partner, word.value, count))
        for partner, counts in fleet.by_partner(now=now).items()
        for word, count in counts.items()
        if count
    ]
    statuses = Connection.objects.order_by().values_list("status").annotate(Count("pk"))
    failing = Poll.objects.filter(failures__gte=FAILING_AFTER).order_by().values_list("cloud").annotate(Count("pk"))
    return [
        *fleets,
        *((Tally.Of.CONNECTION, ("", status, count)) for status, count in statuses),
        *((Tally.Of.POLLING, (cloud, "failing", count)) for cloud, count in failing),
    ]
