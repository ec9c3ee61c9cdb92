"""Events of a device's programs, upcoming and past, as its user is told of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enrollments.account.orders import ASKED
from enrollments.models import Enrollment
from enrollments.tenure import tenure
from programs.models import DispatchTarget
from programs.models.dispatch import EventStatus
from programs.models.dispatch_target import Outcome

Text = str | Promise
MOST = 50
BECAME: dict[str, Text] = {
    Outcome.PLANNED: _("upcoming"),
    Outcome.ASKED: _("under way"),
    Outcome.LEFT_OUT: _("your device was left out"),
    Outcome.DROPPED: _("your device was left out"),
    Outcome.OPTED_OUT: _("you sat it out"),
    Outcome.WITHDRAWN: _("your device left"),
    Outcome.TOOK_PART: _("your device took part"),
    Outcome.REFUSED: _("refused, to be safe"),
    Outcome.FAILED: _("it did not work"),
    Outcome.EXPIRED: _("your device did not answer"),
    Outcome.CANCELLED: _("called off"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """`what` the device is asked to do, and what `became` of it. `can_sit_out`: there is still something to skip."""

    id: UUID
    program: str
    starts_at: datetime
    ends_at: datetime
    what: Text
    became: Text
    can_sit_out: bool


def events_of(enrollment: Enrollment) -> Sequence[Event]:
    """The latest first, since this enrollment began: what is still to come stands at the top."""
    rows = targets_of(enrollment).filter(event__ends_at__gte=enrollment.created_at)
    return [_event(each) for each in rows.order_by("-event__starts_at")[:MOST]]


def targets_of(enrollment: Enrollment) -> QuerySet[DispatchTarget]:
    """Of events that somebody has scheduled, while the device was theirs: a draft is nobody's business yet, and what it
    does for its next owner is none of a former one's."""
    rows = DispatchTarget.objects.filter(device=enrollment.device_id).exclude(event__status=EventStatus.DRAFT)
    if (until := tenure(enrollment).until) is not None:
        rows = rows.filter(event__starts_at__lt=until)
    return rows.select_related("event__program")


def _event(target: DispatchTarget) -> Event:
    event = target.event
    command = next((step.get("command", "") for step in target.plan if isinstance(step, dict)), "")
    return Event(
        id=event.pk,
        program=event.program.name,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        what=ASKED.get(command, event.name),
        became=BECAME[target.outcome],
        can_sit_out=event.is_open and target.outcome in (Outcome.PLANNED, Outcome.ASKED),
    )
