"""Enrollments move on by themselves when a program appears, begins, changes, ends or has room again (contract §3).

The program's row is the job. It is unsettled until every enrollment in its owner's territory was weighed since the
change was seen, and once more after a while: a request that was under way then may have read what was before.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet

from enrollments import lifecycle
from enrollments.models import Enrollment
from enrollments.states import State
from programs.models import Program
from texture_portal.actors import Actor

BATCH = 500
LONGEST_REQUEST = timedelta(minutes=2)  # twice gunicorn's and the workers' time-out


def settle_programs(*, now: datetime, by: Actor) -> int:
    """Weighs one batch of enrollments against programs that changed; returns how many. 0: nothing is left for now."""
    for program in Program.objects.unsettled(now=now):
        if weighed := _settle(program, now=now, by=by):
            return weighed
    return 0


def fill_freed_places(*, now: datetime, by: Actor) -> int:
    """Lets in who has waited longest, where a program with a capacity has room again."""
    for program in Program.objects.filter(room_freed_at__isnull=False):
        waiting = _in_territory_of(program).filter(state=State.OPTED_IN, advanced_at__lte=program.room_freed_at)
        if program.has_room and (weighed := _weigh(waiting.order_by("created_at"), now=now, by=by)):
            return weighed
        Program.objects.filter(pk=program.pk, room_freed_at=program.room_freed_at).update(room_freed_at=None)
    return 0


def _settle(program: Program, *, now: datetime, by: Actor) -> int:
    as_read = Program.objects.filter(pk=program.pk, updated_at=program.updated_at)
    since = program.settling_since
    if since is None:
        since = now
        as_read.update(settling_since=since)
    live = _in_territory_of(program).exclude(state__in=[State.REVOKED, State.OPTED_OUT])
    if weighed := _weigh(live.filter(advanced_at__lt=since), now=now, by=by):
        return weighed
    if now - since >= LONGEST_REQUEST:
        as_read.update(settled_at=since, settling_since=None)
    return 0


def _in_territory_of(program: Program) -> QuerySet[Enrollment]:
    return Enrollment.objects.filter(Q(site__utility=program.owner_id) | Q(site__cca=program.owner_id))


def _weigh(rows: QuerySet[Enrollment], *, now: datetime, by: Actor) -> int:
    """Each in a transaction of its own, so that nobody waits for a batch.

    One that fails stops no other: it counts as weighed until a program changes again, and is told of by an
    ExceptionGroup once the others are done.
    """
    chosen = list(rows.values_list("pk", flat=True)[:BATCH])
    faults = [fault for enrollment_id in chosen if (fault := _weigh_one(enrollment_id, now=now, by=by))]
    if faults:
        raise ExceptionGroup(f"{len(faults)} of {len(chosen)} enrollments could not be weighed", faults)
    return len(chosen)


def _weigh_one(enrollment_id: UUID, *, now: datetime, by: Actor) -> Exception | None:
    try:
        with transaction.atomic():
            lifecycle.advance(Enrollment.objects.locked().get(pk=enrollment_id), now=now, by=by)
    except OperationalError:  # the database's fault, not this row's
        raise
    except Exception as fault:
        fault.add_note(f"enrollment {enrollment_id}")
        Enrollment.objects.filter(pk=enrollment_id).update(advanced_at=now)
        return fault
    return None
