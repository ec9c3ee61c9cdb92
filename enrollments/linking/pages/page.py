"""What all pages share: whose visit it is, how far it has come, and how a page is shown."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse

from enrollments.linking import sessions
from enrollments.linking.endings import ENDINGS
from enrollments.linking.visitor import ip_address_of, known_browser, names_visitor
from enrollments.models import LinkSession
from texture_portal import clock
from texture_portal.content_security import for_people
from texture_portal.gates import Gate, knock

State = LinkSession.State
STEPS = ("maker", "devices", "address", "programs", "terms")
LEADS_TO = {State.COMPLETED: "link-done", State.EXITED: "link-left"}
Page = Callable[..., HttpResponse]


def show(
    request: HttpRequest, template: str, *, status: int = 200, sends_to: Iterable[str] = (), **told: Any
) -> HttpResponse:
    response = render(request, template, told, status=status)
    response.headers["Content-Security-Policy"] = for_people(sends_to=sends_to)
    return response


def ended(request: HttpRequest, code: str, *, session: LinkSession | None = None, **told: Any) -> HttpResponse:
    """The page of one of `ENDINGS`."""
    ending = ENDINGS[code]
    back = back_to_partner(session) if session is not None else None
    return show(
        request, "link/ended.html", status=ending.status, ending=ending, code=code, session=session, back=back, **told
    )


def through(gate: Gate) -> Callable[[Page], Page]:
    """What is sent to the page is limited by where it comes from; looking at it is not."""

    def wrap(view: Page) -> Page:
        @wraps(view)
        def shown(request: HttpRequest, *args: Any, **path: Any) -> HttpResponse:
            wait = knock(gate, ip_address_of(request)) if request.method == "POST" else 0
            if not wait:
                return view(request, *args, **path)
            refused = ended(request, "too_often")
            refused.headers["Retry-After"] = str(wait)
            return refused

        return shown

    return wrap


def of_session(view: Page) -> Page:
    """The visit that the address names, where it is this browser's and goes on; else the page that says why not."""

    @wraps(view)
    def shown(request: HttpRequest, session_id: UUID, **path: Any) -> HttpResponse:
        session = mine(request, session_id)
        if session is None:
            return ended(request, "not_here")
        state = session.state_at(now=clock.now())
        if state in LEADS_TO:
            return redirect(LEADS_TO[State(state)], session_id=session.pk)
        if state == State.EXPIRED:
            return ended(request, "session_over", session=session)
        return view(request, session, **path)

    return shown


def step(name: str) -> Callable[[Page], Page]:
    """A page of the way: who has not come so far is led to where they are."""

    def wrap(view: Page) -> Page:
        @wraps(view)
        def shown(request: HttpRequest, session: LinkSession, **path: Any) -> HttpResponse:
            if STEPS.index(name) > STEPS.index(reached(session)):
                return go_on(session)
            return view(request, session, **path)

        return of_session(shown)

    return wrap


def mine(request: HttpRequest, session_id: UUID) -> LinkSession | None:
    rows = LinkSession.objects.select_related("partner", "program__owner", "cloud__partner", "connection", "enrollment")
    session = rows.filter(pk=session_id, purpose=LinkSession.Purpose.LINK).first()
    if session is None or not sessions.is_browser(session, known_browser(request)):
        return None
    names_visitor(session)
    return session


def reached(session: LinkSession) -> str:
    """The first step that is still to be done."""
    notes = session.notes
    done = {
        "maker": session.connection_id is not None and bool(notes.get("found")),
        "devices": bool(notes.get("chosen")),
        "address": bool(notes.get("place")),
        "programs": bool(notes.get("types")),
    }
    return next((name for name in STEPS if not done.get(name)), STEPS[-1])


def go_on(session: LinkSession) -> HttpResponseRedirect:
    return redirect(f"link-{reached(session)}", session_id=session.pk)


def failed(session: LinkSession, code: str) -> HttpResponseRedirect:
    """What was gathered is given back, and the page says what happened."""
    sessions.fail(session, code, now=clock.now())
    return redirect("link-problem", session_id=session.pk)


def back_to_partner(session: LinkSession) -> dict[str, str] | None:
    """Where the partner wants its customer back: only to a URL that is registered for it now."""
    partner, url = session.partner, session.redirect_url
    if partner is None or not url or url not in partner.redirect_urls:
        return None
    parts = urlsplit(url)
    told = urlencode({"linkSession": str(session.pk), "state": session.state_at(now=clock.now())})
    query = f"{parts.query}&{told}" if parts.query else told
    return {"name": partner.name, "url": urlunsplit(parts._replace(query=query))}


def progress(name: str) -> dict[str, Any]:
    return {"step": STEPS.index(name) + 1, "steps": len(STEPS)}


def callback_uri(request: HttpRequest, cloud_id: UUID) -> str:
    """As it is registered at the maker's cloud; with the cloud's id, so that no two clouds' answers are mixed up."""
    return request.build_absolute_uri(reverse("link-callback", kwargs={"cloud_id": cloud_id}))
