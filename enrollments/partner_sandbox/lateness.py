"""Waiting, played at the partner's request: of a link session's hour and of the maker's page nothing is left."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from devices.connections import grants
from enrollments.linking import sessions
from enrollments.models import LinkSession
from enrollments.partner_sandbox import stage
from texture_portal.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Lateness:
    """`play` raises `Refusal` where there is nothing to wait for."""

    comes_to: str
    play: Callable[[LinkSession, datetime], object]


@transaction.atomic
def play(name: str, session: LinkSession, *, now: datetime) -> LinkSession:
    """Raises `NoStageError` in a database that is no sandbox's."""
    stage.check_database()
    if session.is_over(now=now):
        raise Refusal("state_conflict", "The link session is over.")
    LATENESS[name].play(session, now)
    return LinkSession.objects.get(pk=session.pk)


def _the_hour_is_up(session: LinkSession, now: datetime) -> None:
    sessions.run_out(session, now=now)


def _the_answer_is_late(session: LinkSession, now: datetime) -> None:
    if session.grant_request is None:
        raise Refusal("state_conflict", "The customer is not at the maker's page yet: have them go there first.")
    grants.run_out(session.grant_request, now=now)


LATENESS = {
    "expire": Lateness("Its hour is up: the session is `expired`.", _the_hour_is_up),
    "answer_late": Lateness(
        "The customer, who is at the maker's page now, answers after more than ten minutes: `fault` will be `expired`.",
        _the_answer_is_late,
    ),
}
