"""Guessing passwords locks for a while. django-axes keeps the failures, in the database, for all web processes.

Three locks, each for whoever guesses and against nobody else:

- a name from an address, after a few failures: somebody at one machine;
- every name from an address, after more: one who goes through the names;
- a name from everywhere, after more: one with many addresses. It does not hold where that user has come in from of
  late, so that no stranger can keep a colleague out; and as nothing counts while it is locked, it ends by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from texture_portal import clock
from texture_portal.client_address import neighbourhood
from texture_portal.login.acts import note
from texture_portal.models import Act

KNOWN_FOR = timedelta(days=30)
LOG_INS = (Act.What.LOGGED_IN, Act.What.LOGGED_IN_BY_PROVIDER)


@dataclass(frozen=True, slots=True)
class Failures:
    """Of late: of this name from this address, of all names from it, of this name from everywhere."""

    of_both: int
    of_address: int
    of_name: int

    def lock(self, *, is_known: bool) -> bool:
        """`is_known`: this user has come in from this address of late."""
        if self.of_both >= settings.AXES_FAILURE_LIMIT:
            return True
        return not is_known and (
            self.of_address >= settings.LOGIN_FAILURES_OF_ADDRESS or self.of_name >= settings.LOGIN_FAILURES_OF_NAME
        )


class LockOut(AxesDatabaseHandler):
    """What axes asks: how many failures, of as many as lock."""

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        name, address = get_client_username(request, credentials) or "", address_of(request)
        failures = _failures(name, address, since=get_cool_off_threshold(request))
        limit: int = settings.AXES_FAILURE_LIMIT
        is_locked = failures.lock(is_known=False) and failures.lock(is_known=_comes_from(name, address))
        return limit if is_locked else min(failures.of_both, limit - 1)


def address_of(request: HttpRequest) -> str | None:
    """As axes keeps it: one customer of a provider is one address."""
    return neighbourhood(request.META.get("REMOTE_ADDR", "")).partition("/")[0] or None


def answer(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None) -> HttpResponse:
    """The same whichever lock it is, and for a name that nobody has: guessing does not tell which names there are."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    told = {"minutes": minutes, "title": "Locked for a while"}
    return render(request, "admin/locked_out.html", told, status=429)


def lift(user: User, *, reason: str, now: datetime, by: User) -> int:
    """How many failures are forgotten."""
    forgotten: int = AxesProxyHandler.reset_attempts(username=user.get_username())
    note(Act.What.LOCK_LIFTED, by=by, about=user.get_username(), now=now, reason=reason)
    return forgotten


def _failures(name: str, address: str | None, *, since: datetime) -> Failures:
    counted = AccessAttempt.objects.filter(attempt_time__gte=since)
    of_address, of_name = counted.filter(ip_address=address), counted.filter(username=name)
    return Failures(_sum(of_address.filter(username=name)), _sum(of_address), _sum(of_name))


def _sum(attempts: Any) -> int:
    return attempts.aggregate(all=Sum("failures_since_start"))["all"] or 0


def _comes_from(name: str, address: str | None) -> bool:
    came = Act.objects.filter(what__in=LOG_INS, username=name, at__gt=clock.now() - KNOWN_FOR)
    known = came.exclude(address=None).order_by().values_list("address", flat=True).distinct()
    return address is not None and any(neighbourhood(each or "").partition("/")[0] == address for each in known)
