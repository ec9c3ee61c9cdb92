"""What is said of each component, asked at the moment that it is shown."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from texture_portal import heartbeat, schedules
from texture_portal.models import ComponentSpan

log = logging.getLogger(__name__)
Key = ComponentSpan.Component
State = ComponentSpan.State
NAMES: dict[Key, str | Promise] = {
    Key.WEB: gettext_lazy("Web and API"),
    Key.DATABASE: gettext_lazy("Database"),
    Key.WORKERS: gettext_lazy("Workers"),
    Key.SCHEDULES: gettext_lazy("Schedules"),
}
ABOUT: dict[Key, str | Promise] = {
    Key.WEB: gettext_lazy("Takes requests."),
    Key.DATABASE: gettext_lazy("Keeps every enrollment and its evidence."),
    Key.WORKERS: gettext_lazy("Do what happens later: an address to be located again, a program that began."),
    Key.SCHEDULES: gettext_lazy("Wake the workers by the clock."),
}


@dataclass(frozen=True, slots=True)
class Component:
    key: Key
    state: State
    said: str

    @property
    def name(self) -> str:
        return str(NAMES[self.key])

    @property
    def about(self) -> str:
        return str(ABOUT[self.key])


def components(*, now: datetime) -> list[Component]:
    """As whoever was answered sees them: with the web among them."""
    web = Component(Key.WEB, State.UP, _("It answered you."))
    try:
        return [web, *behind_the_web(now=now)]
    except DatabaseError:
        log.exception("the database does not answer")
        connection.close()
        unknown = _("Cannot be told without the database.")
        return [
            web,
            Component(Key.DATABASE, State.DOWN, _("It does not answer.")),
            Component(Key.WORKERS, State.UNKNOWN, unknown),
            Component(Key.SCHEDULES, State.UNKNOWN, unknown),
        ]


def behind_the_web(*, now: datetime) -> list[Component]:
    """Raises `DatabaseError`."""
    found = [_workers(now), _schedules()]
    return [Component(Key.DATABASE, State.UP, _("It answers.")), *found]


def _workers(now: datetime) -> Component:
    beat_at = heartbeat.last()
    if beat_at is None:
        return Component(Key.WORKERS, State.DOWN, _("They never gave a sign of life."))
    state = State.DOWN if heartbeat.is_stale(beat_at, now=now) else State.UP
    seconds = max(0, round((now - beat_at).total_seconds()))
    return Component(Key.WORKERS, state, _("Last sign of life %(ago)s ago.") % {"ago": lasting(seconds)})


def _schedules() -> Component:
    missing = schedules.missing()
    if not missing:
        return Component(Key.SCHEDULES, State.UP, _("All are set."))
    return Component(Key.SCHEDULES, State.DOWN, _("%(count)s are not set.") % {"count": len(missing)})


def lasting(seconds: int) -> str:
    """In the largest unit of which there is one whole."""
    if seconds >= 86_400:
        days = seconds // 86_400
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    if seconds >= 3600:
        hours = seconds // 3600
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    if seconds >= 60:
        minutes = seconds // 60
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}
