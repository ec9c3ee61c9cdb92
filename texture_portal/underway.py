"""What is under way here: which request or job, and who acts in it. Every line of the log names them.

Ids only: a partner's, a staff user's, a job's kind. What an end user does names nobody.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from texture_portal.actors import Actor, Role


@dataclass(slots=True)
class Underway:
    """Changed while it goes on: who acts is known only once a token or a session was looked at."""

    request_id: str = ""
    actor: str = ""
    route: str = ""  # the pattern, never the address: that may hold a token, or an id of somebody's own


_NOTHING = Underway()
_current: ContextVar[Underway] = ContextVar("underway", default=_NOTHING)


def current() -> Underway:
    return _current.get()


@contextmanager
def begun(*, actor: str = "", request_id: str = "") -> Iterator[Underway]:
    known = Underway(request_id=request_id, actor=actor)
    token = _current.set(known)
    try:
        yield known
    finally:
        _current.reset(token)


def acts(by: Actor) -> None:
    """From here on; where nothing was begun, nobody is told."""
    if (known := _current.get()) is not _NOTHING:
        known.actor = named(by)


def named(actor: Actor) -> str:
    """By id: a staff user's name may be somebody's e-mail address."""
    if actor.role == Role.CUSTOMER:
        return str(actor.role)
    return f"{actor.role}:{actor.user_id if actor.role == Role.STAFF else actor.name}"
