"""What a cloud allows, kept to by all workers together: each call has a moment of its own at which it may go out.

Reserving moments costs one short transaction for many calls. Only the database's clock counts.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction

from devices.connectors.pull.documents import Limit
from devices.models import Cloud

MARGIN = 0.96  # of what is allowed: calls that leave evenly do not arrive so
SHARE_OF_BURST = 0.8
CAREFUL = Limit(1, 1)  # where what is set cannot be read
USUAL = Limit(10, 10)  # where neither the document nor the cloud's settings say
FORM = re.compile(r"(?P<second>\d+(\.\d+)?)/s(:(?P<burst>\d+))?(\+(?P<day>\d+)/day)?", re.ASCII)

TAKE = """
INSERT INTO devices_allowance (cloud_id, category, next_at, held_until, day, today)
VALUES (%s, %s, clock_timestamp(), clock_timestamp(), (clock_timestamp() AT TIME ZONE 'UTC')::date, 0)
ON CONFLICT (cloud_id, category) DO UPDATE SET category = excluded.category
RETURNING id, next_at, held_until, day, today, clock_timestamp()
"""
KEEP = "UPDATE devices_allowance SET next_at = %s, day = %s, today = %s WHERE id = %s"
HOLD_BACK = """
INSERT INTO devices_allowance (cloud_id, category, next_at, held_until, day, today)
VALUES (%(cloud)s, %(category)s, clock_timestamp(), clock_timestamp() + make_interval(secs => %(pause)s),
    (clock_timestamp() AT TIME ZONE 'UTC')::date, 0)
ON CONFLICT (cloud_id, category)
DO UPDATE SET held_until = greatest(devices_allowance.held_until, excluded.held_until)
"""


class LimitFormError(ValueError):
    """The message says what a limit looks like."""


class NoRoomError(Exception):
    """The next call may go out no earlier than `wait` from now: the day's share is used up, or the cloud said so."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"no call for {wait.total_seconds():.0f} s")
        self.wait = wait


def limits_of(cloud: Cloud, documented: Mapping[str, Limit]) -> dict[str, Limit]:
    """What was agreed with the partner (§7.2) stands before what its document says. Raises `LimitFormError`."""
    return {**documented, **{category: limit_from(text) for category, text in cloud.rate_limits.items()}}


def limit_from(text: str) -> Limit:
    """`5/s:10+50000/day`: five a second, ten at once, so many a day. Without a burst they go out one by one."""
    match = FORM.fullmatch(text.strip())
    if match is None or float(match["second"]) <= 0:
        raise LimitFormError(f"{text!r} is no rate limit, such as 5/s:10+50000/day.")
    return Limit(float(match["second"]), int(match["burst"] or 1), int(match["day"]) if match["day"] else None)


@transaction.atomic
def reserve(cloud: Cloud, category: str, limit: Limit, *, count: int, within: float) -> list[float]:
    """Seconds from now at which calls may go out, in order: so many, or as many as may within so many seconds.

    Raises `NoRoomError` where there is none.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(TAKE, [cloud.pk, category])
        row, next_at, held_until, day, today, now = cursor.fetchone()
        begins = max(now, held_until, _midnight(day))  # the day's share may be used up: then it is tomorrow already
        today = today if day >= begins.date() else 0
        moments, next_at, today = _moments(
            limit, next_at=next_at, today=today, now=now, begins=begins, count=count, within=within
        )
        cursor.execute(KEEP, [next_at, moments[-1].date(), today, row])
    return [max(0.0, (moment - now).total_seconds()) for moment in moments]


def hold_back(cloud: Cloud, category: str, *, pause: timedelta) -> None:
    """The cloud said so: nobody asks before then."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD_BACK, {"cloud": cloud.pk, "category": category, "pause": pause.total_seconds()})


def _moments(
    limit: Limit, *, next_at: datetime, today: int, now: datetime, begins: datetime, count: int, within: float
) -> tuple[list[datetime], datetime, int]:
    """As many as the burst leaves go out at once, and the rest evenly; what is over the day's waits for the next."""
    apart = timedelta(seconds=1 / (limit.per_second * MARGIN))
    ahead = apart * max(0, int(limit.burst * SHARE_OF_BURST) - 1)
    moments: list[datetime] = []
    moment = begins
    for _ in range(count):
        moment = max(moment, next_at - ahead)
        is_used_up = limit.per_day is not None and today >= limit.per_day
        if is_used_up:
            moment = _midnight(moment.date() + timedelta(days=1))
        if moment > now + timedelta(seconds=within):
            break
        next_at = max(next_at, moment) + apart
        today = 1 if is_used_up else today + 1
        moments.append(moment)
    if not moments:
        raise NoRoomError(moment - now)
    return moments, next_at, today


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
