"""Buttons that take a reason and nothing else, and what they say when it is done."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from enrollments.models import Enrollment
from enrollments.states import State
from texture_portal.console.verbs import Verb


def with_reason(
    name: str,
    title: str,
    explains: str,
    permission: str,
    move: Callable[..., Enrollment],
    *,
    fits: Callable[[Any], bool],
    is_final: bool = False,
) -> Verb:
    """`move(subject, reason=, now=, user=)` gives the enrollment as it then is."""

    def call(subject: Any, given: dict[str, Any], now: datetime, user: User) -> str:
        return what_happened(move(subject, reason=given["reason"], now=now, user=user))

    return Verb(name, title, explains, permission, call, fits=fits, is_final=is_final)


def what_happened(enrollment: Enrollment) -> str:
    return f"The enrollment of {enrollment.device} is now {State(enrollment.state).label.lower()}."
