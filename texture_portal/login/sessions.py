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
from django_otp import DEVICE_ID_SESSION_KEY

from texture_portal import actors, clock, underway
from texture_portal.content_security import FORGET
from texture_portal.login import open_sessions, passwords
from texture_portal.login.acts import answering, note
from texture_portal.models import Act, Authenticator

CONSOLE = "/admin/"
BY_VERB = "/by-verb/"  # of addresses that take a form's post alone
ABOUT_STAFF = "/admin/auth/"  # who may come in, with which password, and what they may do
BEGAN, SEEN, OWES = "portal_began_at", open_sessions.SEEN, "portal_owes_second_factor"
OWES_CHANGE = "portal_owes_change"
PROVED_ELSEWHERE = "portal_second_factor_of_provider"
BY_PROVIDER = "portal_by_provider"
ASKED_ELSEWHERE = "portal_asked_by_provider_at"  # when the provider last asked who it is: it may be long ago
ASK_ANEW = "portal_ask_anew"  # in the session of the log-in that is wanted fresh
SEEN_EVERY = timedelta(minutes=1)  # a session is written anew once a minute, not with every page


def begin(request: HttpRequest, *, user: User, by_provider: bool) -> None:
    now = clock.now()
    _take_a_new_key(request)
    for proof in (DEVICE_ID_SESSION_KEY, PROVED_ELSEWHERE, ASKED_ELSEWHERE, ASK_ANEW):
        request.session.pop(proof, None)  # of an earlier log-in in this session
    request.session[BEGAN] = request.session[SEEN] = now.isoformat()
    request.session[BY_PROVIDER] = by_provider
    open_sessions.remember(request, user=user, now=now)
    request.session[OWES] = (
        settings.REQUIRE_SECOND_FACTOR or Authenticator.objects.filter(user=user, confirmed=True).exists()
    )
    came_by_password = not by_provider and user.has_usable_password()
    request.session[OWES_CHANGE] = came_by_password and passwords.was_chosen_by_another(user)


def _take_a_new_key(request: HttpRequest) -> None:
    """Django makes one only where nobody was logged in: the same user keeps the key, another gets none yet."""
    key = request.session.session_key
    if key is None or open_sessions.has_one(key):
        request.session.cycle_key()


def provider_said(request: HttpRequest, *, has_second_factor: bool, asked_at: datetime | None) -> None:
    """Of a log-in that has begun."""
    request.session[PROVED_ELSEWHERE] = has_second_factor
    request.session[ASKED_ELSEWHERE] = asked_at.isoformat() if asked_at else ""


def guard(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: ends what lasted too long, and leads to the second factor where it is owed."""

    def respond(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(CONSOLE):
            return get_response(request)
        token = answering.set(request)
        try:
            response = answer(request)
        finally:
            answering.reset(token)
        if request.path == reverse("admin:logout"):
            response["Clear-Site-Data"] = FORGET
        return response

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return get_response(request)
        underway.acts(actors.staff(user_id=request.user.pk, name=request.user.get_username()))
        if why := _over(request, now=clock.now()):
            return _end(request, why=why)
        if request.method == "POST" and request.path.startswith(ABOUT_STAFF) and not is_recent(request):
            return ask_again(request)
        if _owes(request) and request.path not in _open_to_all():
            return redirect(f"{reverse('second_factor')}?{urlencode({'next': request.get_full_path()})}")
        if _owes_change(request) and request.path not in (reverse("admin:password_change"), *_open_to_all()):
            messages.warning(request, "An administrator chose your password: choose one that nobody else knows.")
            return redirect("admin:password_change")
        return get_response(request)

    return respond


def is_recent(request: HttpRequest) -> bool:
    """Asked of late who it is, here or by the provider, with everything that is asked then: what whoever finds an
    open browser has not. That a provider sends somebody back proves nothing: it may know them since the morning."""
    asked = _instant(request, ASKED_ELSEWHERE if request.session.get(BY_PROVIDER) else BEGAN)
    return is_of_late(asked, now=clock.now())


def is_of_late(asked: datetime | None, *, now: datetime) -> bool:
    return asked is not None and now - asked <= timedelta(minutes=settings.REAUTHENTICATE_MINUTES)


def ask_again(request: HttpRequest) -> HttpResponse:
    """For what decides who may come in. The log-in leads back to the page."""
    answer = _end(request, why=f"For that the log-in must be of the last {settings.REAUTHENTICATE_MINUTES} minutes.")
    request.session[ASK_ANEW] = True
    return answer


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
    answer = redirect_to_login(_page_of(request), reverse("admin:login"))
    answer["Clear-Site-Data"] = FORGET
    return answer


def _page_of(request: HttpRequest) -> str:
    """To come back to: what was posted is gone, and the page that it was posted from is not."""
    form, _, verb = request.path.removesuffix(BY_VERB).rpartition("/")
    if verb and request.path.endswith(BY_VERB):
        return f"{form}/change/"
    if request.method == "GET":
        return request.get_full_path()
    return request.path if request.path.startswith(ABOUT_STAFF) else CONSOLE


def _owes(request: HttpRequest) -> bool:
    if not (settings.REQUIRE_SECOND_FACTOR or request.session.get(OWES)):
        return False
    return not (request.user.is_verified() or request.session.get(PROVED_ELSEWHERE))  # type: ignore[union-attr]


def _owes_change(request: HttpRequest) -> bool:
    if request.session.get(OWES_CHANGE) and not passwords.was_chosen_by_another(request.user):  # type: ignore[arg-type]
        request.session[OWES_CHANGE] = False
    return bool(request.session.get(OWES_CHANGE))


def _open_to_all() -> tuple[str, ...]:
    return reverse("second_factor"), reverse("admin:logout"), reverse("admin:jsi18n"), reverse("admin:login")
