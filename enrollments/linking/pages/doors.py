"""Where visits begin and end: the public link, a partner's session, leaving, and what went wrong."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from enrollments.linking import makers, sessions
from enrollments.linking.endings import ENDINGS
from enrollments.linking.pages.page import ended, go_on, mine, of_session, reached, show, through
from enrollments.linking.visitor import browser_of, known_browser, names_visitor
from enrollments.linking.words import PROGRAM
from enrollments.models import LinkSession
from programs.models import Program
from texture_portal import clock
from texture_portal.gates import Gate
from texture_portal.languages import chosen, keep

Purpose = LinkSession.Purpose


@require_http_methods(["GET", "HEAD", "POST"])
@through(Gate.VISIT)
def landing(request: HttpRequest) -> HttpResponse:
    """`/link/?program=…`, by its slug or its id."""
    now, named = clock.now(), request.GET.get("program", "")
    program = _program(named)
    if request.method == "POST":
        language = translation.get_language() or ""
        session = sessions.begin(
            purpose=Purpose.LINK, program=program, language=language, browser=browser_of(request), now=now
        )
        names_visitor(session)
        return go_on(session)
    if not makers.linkable().exists():
        return ended(request, "no_makers")
    plain = PROGRAM[program.type] if program else None
    return show(request, "link/landing.html", program=program, plain=plain, is_unknown=bool(named) and program is None)


@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest, session_id: UUID, mac: str) -> HttpResponse:
    """What a partner sends its customer to. Looking at it changes nothing; going on binds it to this browser."""
    session = LinkSession.objects.select_related("partner", "enrollment__device").filter(pk=session_id).first()
    if session is None or not sessions.is_mac(session_id, mac):
        return ended(request, "not_here")
    names_visitor(session)
    held = session.browser_digest is not None
    if held and not sessions.is_browser(session, known_browser(request)):
        return ended(request, "other_browser")
    if session.is_over(now=clock.now()):
        return _of_over(request, session)
    if request.method != "POST":
        return _invitation(request, session)
    try:
        opened = sessions.open_in(session, browser=browser_of(request), now=clock.now())
    except sessions.NotYoursError:
        return ended(request, "other_browser")
    response = go_on(opened)
    if session.language and not chosen(request):
        keep(response, session.language)
    return response


@require_POST
def leave(request: HttpRequest, session_id: UUID) -> HttpResponse:
    session = mine(request, session_id)
    if session is None:
        return ended(request, "not_here")
    sessions.leave(session, now=clock.now())
    return redirect("link-left", session_id=session.pk)


@require_safe
def left(request: HttpRequest, session_id: UUID) -> HttpResponse:
    session = mine(request, session_id)
    if session is None or session.state != LinkSession.State.EXITED:
        return ended(request, "not_here")
    return ended(request, "left", session=session)


@require_safe
@of_session
def problem(request: HttpRequest, session: LinkSession) -> HttpResponse:
    """What the visit ran into last. It may go on from there."""
    if session.fault not in ENDINGS:
        return redirect(f"link-{reached(session)}", session_id=session.pk)
    return ended(request, session.fault, session=session)


@require_safe
def told(request: HttpRequest, code: str) -> HttpResponse:
    """Of what belongs to no visit of this browser."""
    return ended(request, code if code in ENDINGS else "not_here")


def _invitation(request: HttpRequest, session: LinkSession) -> HttpResponse:
    language = "" if chosen(request) else session.language
    with translation.override(language or translation.get_language()):
        return show(request, "link/door.html", session=session)


def _of_over(request: HttpRequest, session: LinkSession) -> HttpResponse:
    if session.state == LinkSession.State.COMPLETED:
        return redirect("link-done", session_id=session.pk)
    return ended(request, "session_over", session=session)


def _program(named: str) -> Program | None:
    """One that is in force; nobody is led to another."""
    if not named:
        return None
    in_force = Program.objects.in_force(now=clock.now()).select_related("owner")
    found = in_force.filter(slug=named[:200]).first()
    if found is None and (program_id := _uuid(named)):
        found = in_force.filter(pk=program_id).first()
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
