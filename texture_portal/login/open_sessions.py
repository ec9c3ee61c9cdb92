"""Where staff are logged in: seen by themselves, and ended, one by one or all, by them or by an administrator."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY as USER
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from texture_portal.login.acts import address_of, note
from texture_portal.models import Act, StaffSession
from texture_portal.models.staff_session import LONGEST_BROWSER

SEEN = "portal_seen_at"  # in the session itself, which is written once a minute


@dataclass(frozen=True, slots=True)
class OpenSession:
    session: StaffSession
    seen_at: datetime | None
    is_this: bool


def remember(request: HttpRequest, *, user: User, now: datetime) -> None:
    """With a log-in, which has made a new key; the row of who logs in anew is about the later log-in."""
    browser = request.headers.get("User-Agent", "").replace("\x00", "")[:LONGEST_BROWSER]
    told = {"user": user, "began_at": now, "address": address_of(request), "browser": browser}
    StaffSession.objects.update_or_create(session_key=request.session.session_key, defaults=told)


def has_one(key: str | None) -> bool:
    return StaffSession.objects.filter(session_key=key).exists()


def hold(key: str) -> bool:
    """Whether it is on record; then nobody ends it before the transaction does."""
    return StaffSession.objects.select_for_update().filter(session_key=key).exists()


def has_a_new_key(old: str, new: str | None) -> None:
    """The same session under another key: a second factor was proved, a password changed."""
    StaffSession.objects.filter(session_key=old).update(session_key=new)


def of(user: User, *, here: str | None, now: datetime) -> list[OpenSession]:
    """`here` is the key of the session that asks."""
    rows = {row.session_key: row for row in StaffSession.objects.filter(user=user)}
    alive = Session.objects.filter(session_key__in=rows, expire_date__gt=now)
    found = [OpenSession(rows[each.pk], _seen(each), is_this=each.pk == here) for each in alive]
    return sorted(found, key=lambda each: each.session.began_at, reverse=True)


@transaction.atomic
def end(user: User, chosen: QuerySet[StaffSession], *, now: datetime, by: User, reason: str = "") -> int:
    """How many were open; none of them opens anything from the commit on."""
    keys = list(chosen.filter(user=user).select_for_update().values_list("session_key", flat=True))
    open_ones = Session.objects.filter(session_key__in=keys, expire_date__gt=now).count()
    _delete(keys)
    if open_ones:
        told: dict[str, Any] = {"count": open_ones} | ({"reason": reason} if reason else {})
        note(Act.What.SESSIONS_ENDED, by=by, about=user.get_username(), now=now, **told)
    return open_ones


@transaction.atomic
def end_of_everybody(*, now: datetime) -> int:
    keys = list(StaffSession.objects.select_for_update().values_list("session_key", flat=True))
    keys += _of_staff_without_a_row()
    _delete(keys)
    note(Act.What.SESSIONS_ENDED, by=None, about="everybody", now=now, count=len(keys))
    return len(keys)


def purge(*, now: datetime) -> int:
    """A job, of which nothing is left to do: sessions whose time is over, of staff and of end users."""
    Session.objects.filter(expire_date__lt=now).delete()
    StaffSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return 0


def _of_staff_without_a_row() -> list[str]:
    """Of before there were such rows, and whatever got around them: in an emergency nobody stays in."""
    others = Session.objects.exclude(session_key__in=StaffSession.objects.values("session_key"))
    return [each.pk for each in others.iterator() if USER in each.get_decoded()]


def _delete(keys: Iterable[str]) -> None:
    Session.objects.filter(session_key__in=keys).delete()
    StaffSession.objects.filter(session_key__in=keys).delete()


def _seen(session: Session) -> datetime | None:
    told = session.get_decoded().get(SEEN)
    return datetime.fromisoformat(told) if told else None
