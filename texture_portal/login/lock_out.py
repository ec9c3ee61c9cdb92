"""Guessing passwords locks a name for a while. django-axes counts, in the database, for all web processes together.

By name and not by address: a guesser has many addresses, and behind a proxy all staff have one.
"""

from datetime import datetime
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from texture_portal.login.acts import note
from texture_portal.models import Act


def answer(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None) -> HttpResponse:
    """The same for a name that nobody has: guessing does not tell which names there are."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    told = {"failures": settings.AXES_FAILURE_LIMIT, "minutes": minutes, "title": "Locked for a while"}
    return render(request, "admin/locked_out.html", told, status=429)


def lift(user: User, *, reason: str, now: datetime, by: User) -> int:
    """How many failures are forgotten."""
    forgotten: int = AxesProxyHandler.reset_attempts(username=user.get_username())
    note(Act.What.LOCK_LIFTED, by=by, about=user.get_username(), now=now, reason=reason)
    return forgotten
