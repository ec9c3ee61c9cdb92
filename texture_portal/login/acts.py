"""Writing administrative acts down, where they happen: a row, and a line of the log that leads to it elsewhere too."""

import logging
from contextvars import ContextVar
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.http import HttpRequest

from texture_portal import clock
from texture_portal.models import Act

log = logging.getLogger(__name__)
# The request that is being answered, for what is told of far from it: that a password was changed, by whom and where.
answering: ContextVar[HttpRequest | None] = ContextVar("answering", default=None)


def note(
    what: Act.What,
    *,
    by: User | AnonymousUser | None,
    request: HttpRequest | None = None,
    about: str = "",
    now: datetime | None = None,
    **detail: Any,
) -> Act:
    request = request or answering.get()
    known = by is not None and by.pk is not None
    act = Act.objects.create(
        at=now or clock.now(),
        what=what,
        user_id=by.pk if by is not None and known else None,
        username=by.get_username() if by is not None and known else "",
        address=address_of(request),
        about=about[:200],
        detail=detail,
    )
    transaction.on_commit(lambda: log.info("administrative act %s: %s", act.pk, what))
    return act


def address_of(request: HttpRequest | None) -> str | None:
    """Of the peer, as the web server says it; none over a socket without one."""
    given = str(request.META.get("REMOTE_ADDR", "")) if request is not None else ""
    try:
        return str(ip_address(given))
    except ValueError:
        return None
