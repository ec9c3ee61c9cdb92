"""Who did what with a device, and when, in plain words: states, consents, programs and commands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from devices.models import Command
from enrollments.account.orders import ASKED, RESTORED
from enrollments.account.orders import BECAME as BECAME_OF_ORDER
from enrollments.linking.words import PROGRAM
from enrollments.models import Enrollment
from enrollments.states import State
from enrollments.tenure import Tenure, tenure
from enrollments.timeline import Moment, timeline
from programs.eligibility import Against
from programs.models import Participation
from texture_portal.actors import Role

Text = str | Promise
MOST_ORDERS = 200

BECAME: dict[str, Text] = {
    State.DISCOVERED: gettext_lazy("The device was registered"),
    State.ELIGIBLE: gettext_lazy("It was found that a program takes the device"),
    State.OPTED_IN: gettext_lazy("The consent was accepted"),
    State.PENDING_VERIFICATION: gettext_lazy("Something has to be checked first"),
    State.ENROLLED: gettext_lazy("The device was enrolled"),
    State.ACTIVE: gettext_lazy("The device began to take part"),
    State.SUSPENDED: gettext_lazy("The device was paused"),
    State.OPTED_OUT: gettext_lazy("Everything was ended"),
    State.REVOKED: gettext_lazy("The enrollment was ended"),
}
CONSENT: dict[str, Text] = {
    "valid": gettext_lazy("Consent was given"),
    "expired": gettext_lazy("The consent ran out"),
    "revoked": gettext_lazy("The consent was taken back"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    what: Text
    who: str


def story(enrollment: Enrollment) -> list[Entry]:
    """The newest first."""
    moments, theirs = timeline(enrollment), tenure(enrollment)
    entries = [
        *_moments(enrollment, moments),
        *_programs(enrollment, moments, theirs),
        *_orders(enrollment, theirs),
    ]
    return sorted(entries, key=lambda entry: entry.at)[::-1]


def _moments(enrollment: Enrollment, moments: Sequence[Moment]) -> Iterator[Entry]:
    """Of states that were gone through in one instant, the one that it led to."""
    last = {moment.at: moment for moment in moments if moment.kind == "state"}
    for moment in moments:
        what = (CONSENT if moment.kind == "consent" else BECAME).get(moment.after)
        if what is not None and (moment.kind == "consent" or last[moment.at] is moment):
            yield Entry(moment.at, what, _who(moment, enrollment))


def _programs(enrollment: Enrollment, moments: Sequence[Moment], theirs: Tenure) -> Iterator[Entry]:
    by_you = {moment.at for moment in moments if moment.actor == Role.CUSTOMER}
    rows = Participation.objects.filter(device=enrollment.device_id, joined_at__gte=enrollment.created_at)
    for row in rows.filter(theirs.within("joined_at")).select_related("program"):
        yield Entry(
            row.joined_at,
            _("Joined the program %(name)s") % {"name": row.program.name},
            _you_or_portal(row.joined_at in by_you),
        )
        if row.left_at is not None:
            who = _you_or_portal(row.left_reason == Against.LEFT or row.left_at in by_you)
            yield Entry(row.left_at, _("Left the program %(name)s") % {"name": row.program.name}, who)


def _you_or_portal(is_you: bool) -> str:
    return _("You") if is_you else _("This portal")


def _orders(enrollment: Enrollment, theirs: Tenure) -> Iterator[Entry]:
    """Whoever asked it of the device, for which program, and what became of it."""
    rows = Command.objects.filter(device=enrollment.device_id, requested_at__gte=enrollment.created_at)
    for row in rows.filter(theirs.within("requested_at")).order_by("-requested_at")[:MOST_ORDERS]:
        what = RESTORED if row.restores_id is not None else ASKED.get(row.command, row.command)
        plain = PROGRAM.get(row.program_type)
        who = plain.name if plain else _("This portal")
        yield Entry(row.requested_at, f"{what} ({BECAME_OF_ORDER[str(row.status)]})", str(who))


def _who(moment: Moment, enrollment: Enrollment) -> str:
    match moment.actor:
        case Role.CUSTOMER:
            return _("You")
        case Role.PARTNER:
            return str(enrollment.partner.name)
        case Role.STAFF:
            return _("Our staff")
        case _:
            return _("This portal")
