"""Times of JSON documents, for templates that show such a document."""

from datetime import datetime

from django import template

register = template.Library()


@register.filter
def instant(text: str) -> datetime:
    """`{{ told.at|instant|date:"..." }}`. Raises ValueError for what is no RFC 3339 timestamp."""
    return datetime.fromisoformat(text)
