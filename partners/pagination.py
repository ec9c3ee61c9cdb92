"""Pages of a list (contract §1): newest first, or oldest change first, by an opaque cursor over (instant, id)."""

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from partners.wire import Digits, Text, WireSerializer
from texture_portal.refusals import Refusal, refuse

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")
COUNT = "count"
INSTANT = "instant"
MOST_A_PAGE = 500  # contract §1
USUAL_PAGE = 100  # contract §1


@dataclass(frozen=True, slots=True)
class Order:
    """`name` is written into the cursor, so that one order's cursor is no good in another."""

    name: str
    field: str
    descending: bool

    @property
    def columns(self) -> tuple[str, str]:
        sign = "-" if self.descending else ""
        return f"{sign}{self.field}", f"{sign}id"


NEWEST_FIRST = Order("newest", "created_at", descending=True)
OLDEST_CHANGE_FIRST = Order("changes", "updated_at", descending=False)


class PageQuery(WireSerializer):
    """The base of every list's query parameters."""

    limit = Digits(required=False, default=USUAL_PAGE, min_value=1, max_value=MOST_A_PAGE)
    cursor = Text(required=False, default=None, max_length=500)


def page(
    rows: QuerySet[Row],
    *,
    order: Order,
    limit: int,
    cursor: str | None,
    shape: Callable[[Any], dict[str, Any]],
    gather: Callable[[list[Row]], Iterable[Any]] = iter,
) -> dict[str, Any]:
    """`{"data", "nextCursor"}`; raises `validation_failed` for a cursor that is not of this order.

    `gather` is given the rows of the page, so that what is around them can be read at once, for `shape` to show.
    """
    if cursor is not None:
        rows = rows.filter(_beyond(order, *_open(cursor, order)))
    found = list(rows.order_by(*order.columns)[: limit + 1])
    more = len(found) > limit
    return {
        "data": [shape(item) for item in gather(found[:limit])],
        "nextCursor": _cursor(found[limit - 1], order) if more else None,
    }


def page_of(
    items: Sequence[Item], *, limit: int, cursor: str | None, shape: Callable[[Item], dict[str, Any]]
) -> dict[str, Any]:
    """The same for a list in memory that only grows at its end; the cursor counts the items before it."""
    start = 0 if cursor is None else _open_count(cursor)
    more = len(items) > start + limit
    return {
        "data": [shape(item) for item in items[start : start + limit]],
        "nextCursor": _encoded([COUNT, start + limit]) if more else None,
    }


def instant_cursor(instant: datetime) -> str:
    """For a list that is in the order of its instants, no two of which are one."""
    return _encoded([INSTANT, instant.isoformat()])


def open_instant(cursor: str) -> datetime:
    """Raises `validation_failed` for a cursor that is not of such a list."""
    try:
        name, given = _decoded(cursor)
        instant = datetime.fromisoformat(given)
    except (ValueError, TypeError, RecursionError) as fault:
        raise _broken() from fault
    if name != INSTANT or instant.tzinfo is None:
        raise _broken()
    return instant


def _beyond(order: Order, instant: datetime, last: UUID) -> Q:
    side = "lt" if order.descending else "gt"
    later = Q(**{f"{order.field}__{side}": instant}) | Q(**{order.field: instant, f"id__{side}": last})
    return Q(**{f"{order.field}__{side}e": instant}) & later  # the plain bound is what the index can use


def _cursor(row: Model, order: Order) -> str:
    return _encoded([order.name, getattr(row, order.field).isoformat(), str(row.pk)])


def _encoded(place: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _decoded(cursor: str) -> Any:
    return json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))


def _open_count(cursor: str) -> int:
    try:
        name, count = _decoded(cursor)
    except (ValueError, TypeError, RecursionError) as fault:
        raise _broken() from fault
    if name != COUNT or not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise _broken()
    return count


def _open(cursor: str, order: Order) -> tuple[datetime, UUID]:
    try:
        name, instant, last = _decoded(cursor)
        place = datetime.fromisoformat(instant), UUID(last)
    except (ValueError, TypeError, AttributeError, RecursionError) as fault:
        raise _broken() from fault
    if name != order.name or place[0].tzinfo is None:
        raise _broken()
    return place


def _broken() -> Refusal:
    detail = "The cursor is not one that this list gave."
    return Refusal("validation_failed", detail, refuse("invalid", detail, pointer="/query/cursor").faults)
