"""How long a session of the console lasts, and what it may open before the second factor is proved."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from texture_portal import actors, clock, underway
from texture_portal.login.acts import answering, note
from texture_portal.models import Act, Authenticator

CONSOLE = "/admin/"
BEGAN, SEEN, OWES = "portal_began_at", "portal_seen_at", "portal_owes_second_factor"
PROVED_ELSEWHERE = "portal_second_factor_of_provider"
SEEN_EVERY = timedelta(minutes=1)  # a session is written anew once a minute, not with every page


def begin(request: HttpRequest, *, user: User) -> None:
    now = clock.now().isoformat()
    request.session[BEGAN] = request.session[SEEN] = now
    request.session[OWES] = (
        settings.REQUIRE_SECOND_FACTOR or Authenticator.objects.filter(user=user, confirmed=True).exists()
    )


def guard(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: ends what lasted too long, and leads to the second factor where it is owed."""

    def respond(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(CONSOLE):
            return get_response(request)
        token = answering.set(request)
        try:
            return answer(request)
        finally:
            answering.reset(token)

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return get_response(request)
        underway.acts(actors.staff(user_id=request.user.pk, name=request.user.get_username()))
        if why := _over(request, now=clock.now()):
            return _end(request, why=why)
        if _owes(request) and request.path not in _open_to_all():
            return redirect(f"{reverse('second_factor')}?{urlencode({'next': request.get_full_path()})}")
        return get_response(request)

    return respond


def _over(request: HttpRequest, *, now: datetime) -> str:
    """Why the session is over, where it is; a session of before there were limits is."""
    began, seen = (_instant(request, name) for name in (BEGAN, SEEN))
    if began is None or seen is None or now - began > timedelta(hours=settings.SESSION_HOURS):
        return f"A session lasts {settings.SESSION_HOURS} hours at most: log in again."
    if now - seen > timedelta(minutes=settings.SESSION_IDLE_MINUTES):
        return f"Nothing was done for {settings.SESSION_IDLE_MINUTES} minutes: log in again."
    if now - seen > SEEN_EVERY:
        request.session[SEEN] = now.isoformat()
    return ""


def _instant(request: HttpRequest, name: str) -> datetime | None:
    given = request.session.get(name)
    return datetime.fromisoformat(given) if given else None


def _end(request: HttpRequest, *, why: str) -> HttpResponse:
    note(Act.What.SESSION_EXPIRED, by=request.user, request=request)
    request.session_expired = True  # type: ignore[attr-defined]  # so that it is not told of as a log-out too
    logout(request)
    messages.warning(request, why)
    return redirect_to_login(request.get_full_path() if request.method == "GET" else CONSOLE, reverse("admin:login"))


def _owes(request: HttpRequest) -> bool:
    if not (settings.REQUIRE_SECOND_FACTOR or request.session.get(OWES)):
        return False
    return not (request.user.is_verified() or request.session.get(PROVED_ELSEWHERE))  # type: ignore[union-attr]


def _open_to_all() -> tuple[str, ...]:
    return reverse("second_factor"), reverse("admin:logout"), reverse("admin:jsi18n"), reverse("admin:login")
