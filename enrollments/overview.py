"""An enrollment with all that is shown of it, and asked of it next."""

from dataclasses import dataclass

from enrollments.consent import Standing
from enrollments.models import Enrollment, ReviewCase
from enrollments.states import State
from programs.models import Program


@dataclass(frozen=True, slots=True)
class Overview:
    """`case` is the open review case that is due first; `asked` are those that wait for the partner."""

    enrollment: Enrollment
    standing: Standing
    programs: tuple[Program, ...]
    case: ReviewCase | None
    asked: tuple[ReviewCase, ...] = ()


def overview(enrollment: Enrollment) -> Overview:
    """Give it one from `Enrollment.objects.shown()`: then nothing more is asked of the database.

    A device's live participations are its open enrollment's: a revoked one has left them all.
    """
    participations = () if enrollment.state == State.REVOKED else enrollment.device.participations.all()
    live = tuple(each.program for each in participations if each.left_at is None)
    return Overview(enrollment, enrollment.standing(), live, enrollment.open_case(), enrollment.asked_cases())
