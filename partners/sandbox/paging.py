"""Pages: `page_size` and an opaque `cursor` in, `{"data", "next_cursor"}` out."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from partners.sandbox.refusals import invalid

Item = TypeVar("Item")
USUAL_PAGE = 100


def page(
    items: Sequence[Item], query: Mapping[str, str], *, shape: Callable[[Item], dict[str, Any]], most: int
) -> dict[str, Any]:
    start, size = int(place(query) or 0), size_of(query, most=most)
    following = start + size if len(items) > start + size else None
    return answer([shape(item) for item in items[start : start + size]], following)


def answer(data: list[dict[str, Any]], following: float | None) -> dict[str, Any]:
    cursor = None if following is None else urlsafe_b64encode(f"at:{following:.0f}".encode()).decode().rstrip("=")
    return {"data": data, "next_cursor": cursor}


def size_of(query: Mapping[str, str], *, most: int) -> int:
    text = query.get("page_size", str(min(USUAL_PAGE, most)))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise invalid("page_size", f"page_size must be a whole number from 1 to {most}.")
    return int(text)


def place(query: Mapping[str, str]) -> float | None:
    """Where the cursor says that this page starts."""
    if (cursor := query.get("cursor")) is None:
        return None
    try:
        mark, _, number = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").partition(":")
        if mark == "at" and number.isdigit():
            return float(number)
    except ValueError:
        pass  # refused below, as any other that we did not give
    raise invalid("cursor", "The cursor is not one that this list gave.")
