"""Events of a device's programs, upcoming and past, as its user is told of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from devices.models import Command
from enrollments.account.orders import ASKED, BECAME
from enrollments.linking.words import PROGRAM
from enrollments.models import Enrollment

MOST = 50


@dataclass(frozen=True, slots=True)
class Event:
    """`what` the device was asked to do, and what `became` of it."""

    program: str | Promise
    starts_at: datetime
    ends_at: datetime | None
    what: str | Promise
    became: str | Promise
    is_over: bool


def events_of(enrollment: Enrollment, *, now: datetime) -> Sequence[Event]:
    """The latest first, since this enrollment began: what is still to come stands at the top."""
    orders = Command.objects.filter(
        device=enrollment.device_id, event_id__isnull=False, restores=None, requested_at__gte=enrollment.created_at
    )
    return [_event(order, now=now) for order in orders.order_by("-starts_at")[:MOST]]


def _event(order: Command, *, now: datetime) -> Event:
    plain = PROGRAM.get(order.program_type)
    return Event(
        program=plain.name if plain else "",
        starts_at=order.starts_at,
        ends_at=order.ends_at,
        what=ASKED.get(order.command, order.command),
        became=BECAME[str(order.status)],
        is_over=order.finished_at is not None or (order.ends_at is not None and order.ends_at <= now),
    )
