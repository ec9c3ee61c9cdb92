"""The admin's front page: what needs somebody now, and how it is going, each for those who may see it."""

from functools import partial
from typing import Any

from django.http import HttpRequest

from texture_portal import clock
from texture_portal.console import looks
from texture_portal.console.marks import read_by
from texture_portal.dashboard import desk, going, needs
from texture_portal.models import Look


def front_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK."""
    user: Any = request.user
    now = clock.now()
    with read_by(user):
        shown = desk.tables(user, now=now, see=partial(looks.note, request, Look.What.LISTED))
        shown |= {"needs": needs.table_for(user, now=now), "going": going.shown_to(user)}
    return context | shown | {"title": "What needs you now"}
