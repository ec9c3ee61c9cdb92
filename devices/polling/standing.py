"""Leaving a sick cloud alone (§7): after failures in a row it rests, longer each time, and is then knocked at once."""

from datetime import datetime, timedelta

from django.db import connection

from devices.models import Cloud
from devices.polling.claiming import FAILURES_BEFORE_REST

FIRST_REST, LONGEST_REST = timedelta(seconds=10), timedelta(minutes=5)

# Those that were under way at once when it failed count as one: a fault is one fault, however many calls meet it.
NOTE_FAILURE = """
INSERT INTO devices_standing (cloud_id, failures, failed_at) VALUES (%(cloud)s, 1, %(now)s)
ON CONFLICT (cloud_id) DO UPDATE SET
    failures = devices_standing.failures + 1, failed_at = %(now)s,
    rests_until = CASE WHEN devices_standing.failures + 1 >= %(resting)s THEN
        %(now)s + make_interval(secs => least(
            %(longest)s, %(first)s * 2 ^ least(devices_standing.failures + 1 - %(resting)s, 10)
        )) END
WHERE devices_standing.failed_at IS NULL OR devices_standing.failed_at < %(began)s
RETURNING rests_until
"""
NOTE_SUCCESS = """
INSERT INTO devices_standing (cloud_id, failures, last_success_at) VALUES (%(cloud)s, 0, %(now)s)
ON CONFLICT (cloud_id) DO UPDATE SET failures = 0, rests_until = NULL, last_success_at = %(now)s
WHERE devices_standing.failures > 0 OR devices_standing.last_success_at IS NULL
    OR devices_standing.last_success_at < %(step)s
"""
STEP = timedelta(seconds=30)  # so that the row of a busy cloud is not written for every answer


def note_failure(cloud: Cloud, *, began_at: datetime, now: datetime) -> datetime | None:
    """Of a call that began then: no answer, or one that says that the cloud itself is in trouble.

    Until when the cloud is left alone, where this failure has it so.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            NOTE_FAILURE,
            {
                "cloud": cloud.pk,
                "now": now,
                "began": began_at,
                "resting": FAILURES_BEFORE_REST,
                "first": FIRST_REST.total_seconds(),
                "longest": LONGEST_REST.total_seconds(),
            },
        )
        row = cursor.fetchone()
    return row[0] if row else None


def note_success(cloud: Cloud, *, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(NOTE_SUCCESS, {"cloud": cloud.pk, "now": now, "step": now - STEP})
