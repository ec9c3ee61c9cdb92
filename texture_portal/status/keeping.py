"""How components were is kept as it is seen: by every web process and by a job, one row for each change.

Whoever is down cannot say so. The web is seen by its own processes alone: a time of which none of them tells, it was
down, and the first that is back writes that down. What nobody looked at meanwhile is not known. That the database did
not answer, a web process remembers until it does and that is written down; who told before it and knew less is amended.
"""

import logging
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import Error, connection, transaction

from texture_portal import clock
from texture_portal.holding import NameHeldError, hold
from texture_portal.models import ComponentSpan
from texture_portal.status import hindsight
from texture_portal.status.components import Key, State, behind_the_web

log = logging.getLogger(__name__)
EVERY_SECONDS = 30
PATIENCE = timedelta(minutes=3)  # for a look that did not come: several processes look, each minute or oftener
KEPT = timedelta(days=100)  # ninety are shown
UNSEEN = {Key.WEB: State.DOWN, Key.DATABASE: State.UNKNOWN, Key.WORKERS: State.UNKNOWN, Key.SCHEDULES: State.UNKNOWN}
UNANSWERED = {**UNSEEN, Key.WEB: State.UP, Key.DATABASE: State.DOWN}
REMEMBERED = (Key.WEB, Key.DATABASE)  # of these one knows more to whom the database did not answer


def watch(*, now: datetime) -> int:
    """A job, of which nothing is left to do. A worker knows nothing of the web, and of the database only that it is
    back: whom it did not answer says since when.
    """
    seen: dict[Key, State] = {each.key: each.state for each in behind_the_web(now=now)}
    del seen[Key.DATABASE]
    try:
        keep(seen, now=now)
    except NameHeldError:
        log.warning("another process is writing the state of the components down")
    return 0


def purge(*, now: datetime) -> int:
    ComponentSpan.objects.filter(seen_at__lt=now - KEPT).delete()
    return 0


def keep_watching() -> threading.Thread:
    """In a web process, beside its requests: over a connection of its own, which is closed in between."""
    thread = threading.Thread(target=_watch_for_ever, name="status", daemon=True)
    thread.start()
    return thread


def look_from_the_web(*, now: datetime, away_since: datetime | None) -> datetime | None:
    """Since when the database does not answer this process; None: it does, and that it did not is written down."""
    try:
        seen = {each.key: each.state for each in behind_the_web(now=now)}
        keep({Key.WEB: State.UP, **seen}, now=now, away_since=away_since)
    except NameHeldError:
        log.warning("another process is writing the state of the components down")
        return away_since
    except Error as fault:
        log.warning("the state of the components cannot be written down: %s", type(fault).__name__)
        return away_since or now
    return None


@transaction.atomic
def keep(seen: Mapping[Key, State], *, now: datetime, away_since: datetime | None = None) -> None:
    """`away_since`: from then until now the database did not answer the one who looks."""
    hold(["component spans"])
    latest = ComponentSpan.objects.order_by("component", "-began_at", "-id").distinct("component")
    known = {each.component: each for each in latest}
    for key, state in seen.items():
        last = known.get(key)
        if last is None:
            ComponentSpan.objects.create(component=key, state=state, began_at=now, seen_at=now)
            continue
        if away_since is not None and key in REMEMBERED and last.seen_at > away_since:
            last = _amended(last, away_since=away_since)
        if last.seen_at < now:
            _go_on(_across(last, now=now, away_since=away_since), state, since=now, until=now)


def _across(last: ComponentSpan, *, now: datetime, away_since: datetime | None) -> ComponentSpan:
    """The time since the last look, where it was so long, or so empty, that it has a state of its own."""
    key = Key(last.component)
    if away_since is not None and key in REMEMBERED and last.seen_at <= away_since:
        if away_since - last.seen_at > PATIENCE:  # who remembers came to be only then, and of before nobody tells
            last = _go_on(last, UNSEEN[key], since=last.seen_at, until=away_since)
        return _go_on(last, UNANSWERED[key], since=away_since, until=now)
    if now - last.seen_at > PATIENCE:
        return _go_on(last, UNSEEN[key], since=last.seen_at, until=now)
    return last


def _amended(last: ComponentSpan, *, away_since: datetime) -> ComponentSpan:
    """Where others looked first, who remember less: of the web that it was there, of the database that it was not."""
    key = Key(last.component)
    spans = ComponentSpan.objects.filter(component=key, seen_at__gte=away_since - PATIENCE).order_by("began_at", "id")
    seen = [(each.state, each.began_at, each.seen_at) for each in spans]
    known = hindsight.amended(seen, guess=UNSEEN[key], state=UNANSWERED[key], since=away_since, patience=PATIENCE)
    if known == seen:
        return last
    spans.delete()
    return [
        ComponentSpan.objects.create(component=key, state=state, began_at=began, seen_at=until)
        for state, began, until in known
    ][-1]


def _go_on(last: ComponentSpan, state: State, *, since: datetime, until: datetime) -> ComponentSpan:
    if last.state != state:
        return ComponentSpan.objects.create(component=last.component, state=state, began_at=since, seen_at=until)
    last.seen_at = until
    last.save(update_fields=["seen_at"])
    return last


def _watch_for_ever() -> None:
    away_since: datetime | None = None
    while True:
        try:
            away_since = look_from_the_web(now=clock.now(), away_since=away_since)
        finally:
            connection.close()
        time.sleep(EVERY_SECONDS)
