"""Whose devices partners' clouds are asked about: those of an enrollment that is neither over nor opted out of.

Written down to the row that polling reads, which knows nothing of enrollments.
"""

from datetime import datetime

from django.db import connection

from enrollments.states import State

FOLLOW = """
UPDATE devices_discovereddevice listed SET is_wanted = wanted.now
FROM (
    SELECT each.id, EXISTS (
        SELECT FROM enrollments_enrollment enrollment
        WHERE enrollment.device_id = each.device_id AND enrollment.state <> ALL(%s)
    ) AS now
    FROM devices_discovereddevice each WHERE each.device_id IS NOT NULL
) wanted
WHERE wanted.id = listed.id AND listed.is_wanted <> wanted.now
"""
ENDED = (State.REVOKED, State.OPTED_OUT)


def follow(*, now: datetime) -> int:
    """Polling stops within a minute of a decommissioning (contract §4), and goes on after a new consent."""
    with connection.cursor() as cursor:
        cursor.execute(FOLLOW, [[state.value for state in ENDED]])
    return 0
