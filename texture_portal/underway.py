"""What is under way here: which request or job, and who acts in it. Every line of the log names them.

Ids only: a partner's, a staff user's, a job's kind, a command's name. Of an end user it is an id of our own, of their
visit or of their customer row, which names nobody to whoever has only the log.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from texture_portal.actors import Actor, Role


@dataclass(slots=True)
class Underway:
    """Changed while it goes on: who acts is known only once a token or a session was looked at."""

    request_id: str = ""
    actor: str = ""
    route: str = ""  # the pattern, never the address: that may hold a token, or an id of somebody's own


NAME_OF_COMMAND = re.compile(r"[a-z][a-z0-9_]*")
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


def visits(kind: str, identifier: UUID) -> None:
    """An end user, by the id of their link session or customer row; what is known last of them stands."""
    if (known := _current.get()) is not _NOTHING:
        known.actor = f"{kind}:{identifier}"


def command(arguments: Sequence[str]) -> str:
    """Who acts while a management command runs: its name, and the number of the system's user where there are such."""
    name = next(iter(arguments[1:2]), "")
    if not NAME_OF_COMMAND.fullmatch(name):
        return ""
    number = f":{os.getuid()}" if hasattr(os, "getuid") else ""  # by number: the name may be somebody's own, or missing
    return f"command:{name}{number}"


def named(actor: Actor) -> str:
    """By id: a staff user's name may be somebody's e-mail address."""
    if actor.role == Role.CUSTOMER:
        return str(actor.role)
    return f"{actor.role}:{actor.user_id if actor.role == Role.STAFF else actor.name}"
