"""What the public page of /status/ says of each component, asked at the moment that it is shown."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connection

from partners.models import Maintenance
from texture_portal import heartbeat, schedules

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Component:
    """`is_up` is None where it cannot be known."""

    name: str
    about: str
    is_up: bool | None
    said: str


def components(*, now: datetime) -> list[Component]:
    web = Component("Web and API", "Takes requests.", True, "It answered you.")
    database = Component("Database", "Keeps every enrollment and its evidence.", True, "It answers.")
    try:
        return [web, database, _workers(now), _schedules()]
    except DatabaseError:
        log.exception("the database does not answer")
        connection.close()
        unknown = "Cannot be told without the database."
        return [
            web,
            Component(database.name, database.about, False, "It does not answer."),
            Component(*WORKERS, None, unknown),
            Component(*SCHEDULES, None, unknown),
        ]


def maintenance(*, now: datetime) -> list[Maintenance] | None:
    """Of the portal itself, present and to come; None where the database cannot be asked."""
    try:
        return list(Maintenance.objects.present_and_coming(now=now).filter(partner=None))
    except DatabaseError:
        log.exception("the database does not answer")
        connection.close()
        return None


WORKERS = ("Workers", "Do what happens later: an address to be located again, a program that began.")
SCHEDULES = ("Schedules", "Wake the workers by the clock.")


def _workers(now: datetime) -> Component:
    beat_at = heartbeat.last()
    if beat_at is None:
        return Component(*WORKERS, False, "They never gave a sign of life.")
    seconds = max(0, round((now - beat_at).total_seconds()))
    return Component(*WORKERS, not heartbeat.is_stale(beat_at, now=now), f"Last sign of life {_ago(seconds)} ago.")


def _schedules() -> Component:
    missing = schedules.missing()
    return Component(*SCHEDULES, not missing, "All are set." if not missing else f"{len(missing)} are not set.")


def _ago(seconds: int) -> str:
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return _counted(seconds // size, unit)
    return _counted(seconds, "second")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
