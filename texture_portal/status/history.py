"""Ninety days of each component, out of the spans in which it was seen. Pure.

Of a day the worst is told. What was planned, and announced in time (§7.1), is told as that, and not as an outage.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

UP, MAINTENANCE, UNKNOWN, DOWN, NONE = "up", "maintenance", "unknown", "down", "none"
WORST_LAST = (NONE, UP, MAINTENANCE, UNKNOWN, DOWN)
DAYS = 90
Window = tuple[datetime, datetime]  # half-open


@dataclass(frozen=True, slots=True)
class Piece:
    """Half-open."""

    state: str
    begins: datetime
    ends: datetime

    @property
    def seconds(self) -> int:
        return round((self.ends - self.begins).total_seconds())


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    state: str
    down_seconds: int


def pieces(seen: Sequence[tuple[str, datetime, datetime]], planned: Iterable[Window]) -> list[Piece]:
    """`seen`: of one component the state, since when, and when it was last seen so, in order.

    Each lasts until the next begins; the last one as long as it was seen.
    """
    found = [Piece(one[0], one[1], other[1]) for one, other in pairwise(seen)]
    found += [Piece(*seen[-1])] if seen else []
    windows = list(planned)
    return [part for piece in found for part in _apart(piece, windows)]


def days(found: Sequence[Piece], *, today: date, zone: tzinfo) -> list[Day]:
    """The newest at the end."""
    return [_day(today - timedelta(days=ago), found, zone) for ago in reversed(range(DAYS))]


def up_share(found: Sequence[Piece]) -> float | None:
    """Of the time in which it was to be there and somebody looked."""
    up, down = (sum(piece.seconds for piece in found if piece.state == state) for state in (UP, DOWN))
    return up / (up + down) if up + down else None


def within(found: Iterable[Piece], *, since: datetime) -> list[Piece]:
    return [Piece(each.state, max(each.begins, since), each.ends) for each in found if each.ends >= since]


def _day(on: date, found: Sequence[Piece], zone: tzinfo) -> Day:
    begins = datetime.combine(on, time.min, zone)
    ends = datetime.combine(on + timedelta(days=1), time.min, zone)
    here = [piece for piece in found if piece.begins < ends and (piece.ends > begins or piece.begins >= begins)]
    worst = max((piece.state for piece in here), key=WORST_LAST.index, default=NONE)
    down = [Piece(DOWN, max(each.begins, begins), min(each.ends, ends)) for each in here if each.state == DOWN]
    return Day(on, worst, sum(each.seconds for each in down))


def _apart(piece: Piece, windows: Iterable[Window]) -> list[Piece]:
    """What of an outage was planned, and what was not."""
    if piece.state == UP:
        return [piece]
    found, at = [], piece.begins
    for begins, ends in sorted(windows):
        begins, ends = max(begins, at), min(ends, piece.ends)
        if begins < ends:
            found += [Piece(piece.state, at, begins)] if at < begins else []
            found.append(Piece(MAINTENANCE, begins, ends))
            at = ends
    return [*found, Piece(piece.state, at, piece.ends)] if at < piece.ends or not found else found
