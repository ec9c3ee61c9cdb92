"""Django and axes tell of log-ins by signals: each becomes a row. Nothing is decided here."""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from texture_portal.login import sessions
from texture_portal.login.acts import note
from texture_portal.models import Act


def logged_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    by_provider = getattr(request, "by_provider", False)
    sessions.begin(request, user=user, by_provider=by_provider)
    note(Act.What.LOGGED_IN_BY_PROVIDER if by_provider else Act.What.LOGGED_IN, by=user, request=request)


def logged_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None and not getattr(request, "session_expired", False):
        note(Act.What.LOGGED_OUT, by=user, request=request)


def login_failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    note(Act.What.LOGIN_REFUSED, by=None, request=request, about=known_name(credentials.get("username")))


def locked_out(sender: Any, request: HttpRequest, username: str | None = None, **kwargs: Any) -> None:
    note(Act.What.LOCKED_OUT, by=None, request=request, about=known_name(username))


def known_name(username: str | None) -> str:
    """A name that nobody has is not kept: it may be a password, typed into the wrong field."""
    wanted = (username or "").replace("\x00", "")
    return wanted if wanted and User.objects.filter(username=wanted).exists() else ""


def connect() -> None:
    user_logged_in.connect(logged_in, dispatch_uid="portal_logged_in")
    user_logged_out.connect(logged_out, dispatch_uid="portal_logged_out")
    user_login_failed.connect(login_failed, dispatch_uid="portal_login_failed")
    user_locked_out.connect(locked_out, dispatch_uid="portal_locked_out")
