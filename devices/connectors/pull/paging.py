"""Where the next page of a list begins, in each of the ways that vendors have. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from devices.connectors.pull.asking import Place
from devices.connectors.pull.documents import Call
from devices.connectors.pull.paths import search

MOST_PAGES = 10_000  # of one list
NEXT_LINK = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)  # RFC 8288


class PagingError(ValueError):
    """The list does not end as the document says."""


def first(call: Call) -> Place:
    return call.pages.first if call.pages and call.pages.by in ("page", "offset") else None


def following(call: Call, answer: Any, *, count: int, headers: Mapping[str, str], place: Place) -> Place:
    """None: this was the last page, of `count` items. Raises `PagingError` and `PathError`."""
    pages = call.pages
    if pages is None:
        return None
    match pages.by:
        case "page":
            return int(place or 0) + 1 if count >= pages.size else None
        case "offset":
            return int(place or 0) + pages.size if count >= pages.size else None
        case "link":
            return _other(_link(search(pages.next, answer) if pages.next else None, headers), place)
        case _:
            return _other(search(pages.next, answer), place)


def _link(told: Any, headers: Mapping[str, str]) -> Any:
    found = NEXT_LINK.search(headers.get("Link", ""))
    return told or (found[1] if found else None)


def _other(told: Any, place: Place) -> Place:
    if told is None or told == "" or told is False:
        return None
    if isinstance(told, bool) or not isinstance(told, str | int):
        raise PagingError("The next page is named by neither a text nor a number.")
    if told == place:
        raise PagingError("The next page is the same page again.")
    return told
