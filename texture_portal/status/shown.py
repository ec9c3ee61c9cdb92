"""The history as the page shows it: a line of days for each component, the incidents, and past maintenance."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from partners.models import Maintenance
from texture_portal.models import ComponentSpan
from texture_portal.status import history
from texture_portal.status.components import NAMES, Key, lasting
from texture_portal.status.history import DAYS, DOWN, MAINTENANCE, NONE, UNKNOWN, UP, Day, Piece

log = logging.getLogger(__name__)
MOST_INCIDENTS = 50
STEP, WIDE, HIGH = 5, 4, 32  # of a day's bar; what is worse stands higher, so that colour is not all there is
TOP = {UP: 12, MAINTENANCE: 6, UNKNOWN: 6, DOWN: 0, NONE: 26}


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: int
    high: int
    state: str
    said: str


@dataclass(frozen=True, slots=True)
class Line:
    """`told`: of each day on which it was not simply up, what is to be said."""

    name: str
    bars: list[Bar]
    up_share: str
    told: list[str]


@dataclass(frozen=True, slots=True)
class Incident:
    name: str
    piece: Piece
    is_over: bool

    @property
    def lasted(self) -> str:
        return lasting(self.piece.seconds)


@dataclass(frozen=True, slots=True)
class Told:
    coming: list[Maintenance]
    past: list[Maintenance]
    lines: list[Line]
    incidents: list[Incident]


def told(*, now: datetime) -> Told | None:
    """None where the database cannot be asked."""
    try:
        return _told(now=now)
    except DatabaseError:
        log.exception("the database does not answer")
        connection.close()
        return None


def _told(*, now: datetime) -> Told:
    own = Maintenance.objects.announced().filter(partner=None)
    zone, since = timezone.get_current_timezone(), now - timedelta(days=DAYS)
    past = list(own.filter(ends_at__lte=now, ends_at__gt=since))
    excluded = Maintenance.objects.in_time().filter(partner=None, starts_at__lte=now, ends_at__gt=since)
    windows = [(each.starts_at, each.ends_at) for each in excluded]
    found = {key: history.within(each, since=since) for key, each in _pieces(windows, since=since).items()}
    incidents = [
        Incident(str(NAMES[key]), piece, is_over=piece is not pieces[-1])
        for key, pieces in found.items()
        for piece in pieces
        if piece.state == DOWN
    ]
    incidents.sort(key=lambda each: each.piece.begins, reverse=True)
    coming = list(Maintenance.objects.present_and_coming(now=now).filter(partner=None))
    lines = [_line(key, pieces, now=now, zone=zone) for key, pieces in found.items()]
    return Told(coming, past, lines, incidents[:MOST_INCIDENTS])


def _pieces(windows: list[history.Window], *, since: datetime) -> dict[Key, list[Piece]]:
    seen: dict[Key, list[tuple[str, datetime, datetime]]] = {key: [] for key in Key}
    for row in ComponentSpan.objects.filter(seen_at__gte=since).order_by("began_at", "id"):
        seen[Key(row.component)].append((row.state, row.began_at, row.seen_at))
    return {key: history.pieces(rows, windows) for key, rows in seen.items()}


def _line(key: Key, pieces: list[Piece], *, now: datetime, zone: tzinfo) -> Line:
    days = history.days(pieces, today=now.astimezone(zone).date(), zone=zone)
    bars = [
        Bar(STEP * place, TOP[day.state], HIGH - TOP[day.state], day.state, said(day)) for place, day in enumerate(days)
    ]
    share = history.up_share(pieces)
    return Line(
        str(NAMES[key]), bars, "" if share is None else f"{_floored(share):.2f} %",
        [said(day) for day in reversed(days) if day.state not in (UP, NONE)],
    )  # fmt: skip


def said(day: Day) -> str:
    what = {
        UP: _("up"),
        MAINTENANCE: _("planned maintenance"),
        UNKNOWN: _("not known: nobody looked for a while"),
        NONE: _("nothing is on record"),
    }.get(day.state) or _("down for %(time)s") % {"time": lasting(day.down_seconds)}
    return f"{date_format(day.on, 'DATE_FORMAT')}: {what}"


def _floored(share: float) -> float:
    """So that a hundred is a hundred."""
    return int(share * 10_000) / 100
