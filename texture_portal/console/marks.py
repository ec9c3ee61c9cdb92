"""Small pieces of pages: badges, links, times, tables."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

NOTHING = "-"
EMPTY = format_html('<span class="nothing">{}</span>', NOTHING)
_reader: ContextVar[Any] = ContextVar("reader", default=None)  # facts and tables are made far from the request


def badge(text: str, kind: str = "") -> SafeString:
    """`kind`: info, success, warning, danger, or none."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": kind})


def badges(texts: Iterable[str], kind: str = "") -> SafeString | str:
    return format_html_join(" ", "{}", ((badge(text, kind),) for text in texts)) or NOTHING


@contextmanager
def read_by(user: Any) -> Iterator[None]:
    """What is marked within is for this user to read: links lead to pages that it may open, and nowhere else."""
    token = _reader.set(user)
    try:
        yield
    finally:
        _reader.reset(token)


def link(row: Model | None, text: str | None = None) -> SafeString | str:
    """To the row's own admin page; its text alone for a reader who may not open that."""
    if row is None:
        return NOTHING
    if not _may_open(row):
        return text or str(row)
    page = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))
    return format_html('<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>', page, text or str(row))


def _may_open(row: Model) -> bool:
    reader, app, model = _reader.get(), row._meta.app_label, row._meta.model_name
    return reader is None or any(reader.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change"))


def at(instant: datetime | None) -> str:
    """In the portal's time zone, which is named."""
    if instant is None:
        return NOTHING
    local = timezone.localtime(instant)
    return f"{date_format(local, 'M j, Y, H:i')} {local.tzname()}"


def span(length: timedelta) -> str:
    """`2 d 3 h`, `3 h 5 min`, `5 min`."""
    minutes = int(abs(length).total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def words(code: str) -> str:
    """`utility_account_unverified` for people."""
    return code.replace("_", " ").capitalize() if code else NOTHING


def breakable(text: str) -> SafeString:
    """A long word that may be broken anywhere, so that it fits on a phone."""
    return format_html('<span style="overflow-wrap: anywhere">{}</span>', text)


def as_written(text: str) -> SafeString:
    """A text with its lines and indents."""
    return format_html('<span style="white-space: pre-wrap; overflow-wrap: anywhere">{}</span>', text)


def table(headers: Iterable[str], rows: Iterable[Iterable[Any]]) -> dict[str, Any]:
    """As Unfold's table component takes it. On a phone, each cell a line, empty ones are left out."""
    return {"headers": list(headers), "rows": [[EMPTY if cell == NOTHING else cell for cell in row] for row in rows]}
