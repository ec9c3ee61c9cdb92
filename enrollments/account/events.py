"""Events of a device's programs, upcoming and past, as its user is told of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from enrollments.models import Enrollment


@dataclass(frozen=True, slots=True)
class Event:
    """`is_over`: it has ended, or was called off."""

    program: str
    starts_at: datetime
    ends_at: datetime
    is_over: bool


def events_of(enrollment: Enrollment, *, now: datetime) -> Sequence[Event]:
    """Upcoming ones first."""
    return ()
