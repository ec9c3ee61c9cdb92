"""Who is in front of the browser, as far as it matters: what binds a visit to this browser, and where it comes from."""

import secrets

from django.http import HttpRequest

from enrollments.models import LinkSession
from texture_portal import underway

BROWSER = "browser"
LONGEST_AGENT = 1000


def browser_of(request: HttpRequest) -> str:
    """A secret that only this browser's session holds, made when it is first asked for."""
    held = request.session.get(BROWSER)
    if not isinstance(held, str):
        held = request.session[BROWSER] = secrets.token_urlsafe(32)
    return held


def known_browser(request: HttpRequest) -> str:
    """The same where there is one; a visit that only looks is given none."""
    held = request.session.get(BROWSER)
    return held if isinstance(held, str) else ""


def names_visitor(session: LinkSession) -> None:
    """In every line of the log from here on: by an id of our own."""
    underway.visits("link_session", session.pk)


def ip_address_of(request: HttpRequest) -> str:
    """The client's own, also behind proxies that are trusted (`texture_portal.client_address`)."""
    return str(request.META.get("REMOTE_ADDR", ""))


def user_agent_of(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "").replace("\x00", "")[:LONGEST_AGENT]
