"""How much of its program's caps a device has used: events of its local day, hours of its local year."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from programs.models import DispatchEvent

# What was told counts, and what is promised to another event; the day and the year are the site's.
USED = """
SELECT target.device_id,
       count(*) FILTER (WHERE (event.starts_at AT TIME ZONE zone.name)::date
                            = (%(starts_at)s AT TIME ZONE zone.name)::date),
       sum(extract(epoch FROM event.ends_at - event.starts_at) / 3600)
FROM programs_dispatchtarget target
JOIN programs_dispatchevent event ON event.id = target.event_id
JOIN devices_device device ON device.id = target.device_id
JOIN territories_site site ON site.id = device.site_id
CROSS JOIN LATERAL (SELECT coalesce(nullif(site.timezone, ''), 'UTC') AS name) zone
WHERE target.device_id = ANY(%(devices)s) AND event.program_id = %(program)s AND event.id <> %(event)s
  AND (target.asked_at IS NOT NULL OR target.outcome = 'planned' AND event.status IN ('scheduled', 'running'))
  AND extract(year FROM event.starts_at AT TIME ZONE zone.name)
    = extract(year FROM %(starts_at)s AT TIME ZONE zone.name)
GROUP BY target.device_id
"""


@dataclass(frozen=True, slots=True)
class Used:
    events_today: int = 0
    hours_this_year: float = 0.0


NOTHING = Used()


def used_of(event: DispatchEvent, devices: Collection[UUID]) -> dict[UUID, Used]:
    """Beside this event; a device that used nothing is not there."""
    given: dict[str, Any] = {
        "devices": list(devices), "program": event.program_id, "event": event.pk, "starts_at": event.starts_at
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(USED, given)
        return {device: Used(today, float(hours)) for device, today, hours in cursor.fetchall()}
