"""Enrollments move on by themselves when a program appears, begins, changes or ends (contract §3, `partial`).

The program's row is the job: it is unsettled until every enrollment in its owner's territory was weighed since.
"""

from datetime import datetime

from django.db import OperationalError, transaction
from django.db.models import Q

from enrollments import lifecycle
from enrollments.models import Enrollment
from enrollments.states import State
from programs.models import Program
from texture_portal.actors import Actor

BATCH = 100


def settle_programs(*, now: datetime, by: Actor) -> int:
    """Weighs one batch of enrollments against programs that changed since; returns how many it weighed or settled.

    One that fails stops no other: it counts as weighed until a program changes again, and is told of by an
    ExceptionGroup once the others are done.
    """
    for program in Program.objects.unsettled(now=now):
        weighed, faults = _weigh_batch(program, now=now, by=by)
        if faults:
            raise ExceptionGroup(f"{len(faults)} of {weighed} enrollments could not be weighed", faults)
        if weighed:
            return weighed
        Program.objects.filter(pk=program.pk).update(settled_at=now)
    return 0


@transaction.atomic
def _weigh_batch(program: Program, *, now: datetime, by: Actor) -> tuple[int, list[Exception]]:
    batch = (
        Enrollment.objects.locked()
        .filter(
            Q(site__utility=program.owner_id) | Q(site__cca=program.owner_id),
            advanced_at__lt=program.changed_at(now=now),
        )
        .exclude(state__in=[State.REVOKED, State.OPTED_OUT])
        .order_by("advanced_at")[:BATCH]
    )
    faults = [fault for enrollment in batch if (fault := _weigh(enrollment, now=now, by=by))]
    return len(batch), faults


def _weigh(enrollment: Enrollment, *, now: datetime, by: Actor) -> Exception | None:
    try:
        with transaction.atomic():
            lifecycle.advance(enrollment, now=now, by=by)
    except OperationalError:  # the database's fault, not this row's
        raise
    except Exception as fault:
        fault.add_note(f"enrollment {enrollment.pk}")
        Enrollment.objects.filter(pk=enrollment.pk).update(advanced_at=now)
        return fault
    return None
