"""What the fleets of running events do, once a minute: kept as one row each, so that a page need not ask devices."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from devices.freshness import FRESH_FOR
from devices.telemetry import layouts
from programs.dispatch.planning import POWER, response_sign
from programs.dispatch.record import save_off_record
from programs.models import DispatchEvent
from programs.models.dispatch import EventStatus
from texture_portal import jobs

EVERY = timedelta(minutes=1)
SAMPLE = """
INSERT INTO programs_dispatchsample (event_id, at, expected_kw, measured_kw, devices, told)
SELECT %(event)s, %(at)s, coalesce(sum(target.expected_kw), 0),
    coalesce(sum(power.wanted * (target.baseline_kw - power.sign * told.watts / 1000)), 0),
    count(*), count(target.baseline_kw + told.watts)
FROM programs_dispatchtarget target
JOIN devices_device device ON device.id = target.device_id
LEFT JOIN devices_devicestate latest ON latest.device_id = device.id AND latest.observed_at > %(fresh)s
    AND latest.observed_at >= target.acts_at
LEFT JOIN unnest(%(types)s::text[], %(layouts)s::int[], %(places)s::int[], %(signs)s::int[], %(wanted)s::int[])
    AS power(type, layout, place, sign, wanted) ON power.type = device.type AND power.layout = latest.layout
LEFT JOIN LATERAL (SELECT (latest.state::jsonb ->> power.place)::float AS watts) told ON true
WHERE target.event_id = %(event)s AND target.outcome = 'asked' AND target.acts_at <= %(at)s
ON CONFLICT DO NOTHING
"""


def sample_due(*, now: datetime) -> int:
    """An event's next sample is a minute after its last."""
    with transaction.atomic():
        running = DispatchEvent.objects.filter(status=EventStatus.RUNNING, starts_at__lte=now)
        found = jobs.claim(running.exclude(sampled_at__gt=now - EVERY), limit=20)
        for event in found:
            _sample(event, now=now)
    return len(found)


def _sample(event: DispatchEvent, *, now: datetime) -> None:
    places = [
        (kind.value, number, fields.index(name), sign, response_sign(kind))
        for number, fields in layouts.known().items()
        for kind, (name, sign) in POWER.items()
        if name in fields
    ]
    columns = ("types", "layouts", "places", "signs", "wanted")
    given = {name: [row[place] for row in places] for place, name in enumerate(columns)}
    with connection.cursor() as cursor:
        cursor.execute(SAMPLE, given | {"event": event.pk, "at": now, "fresh": now - FRESH_FOR})
    event.sampled_at = now
    save_off_record(event, "sampled_at")
