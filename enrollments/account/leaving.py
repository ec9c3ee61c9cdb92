"""What an end user ends on My devices: one program, everything, or what we know of them."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from enrollments import lifecycle
from enrollments.account.events import targets_of
from enrollments.deletion import asking
from enrollments.linking.granting import END_USER
from enrollments.models import DeletionRequest, Enrollment
from partners.models import Customer
from programs.dispatch import stopping
from programs.models import Participation, Program
from texture_portal.refusals import Refusal

ENDED = asking.ENDED


@transaction.atomic
def leave_program(enrollment: Enrollment, program: Program, *, now: datetime) -> None:
    """It goes on in its other programs, and does not join this one again unless its user chooses it anew.

    Raises `Refusal` where it does not take part.
    """
    held = Enrollment.objects.locked().get(pk=enrollment.pk)
    if not Participation.objects.live().filter(device=held.device_id, program=program).exists():
        raise Refusal("state_conflict", "The device does not take part in this program.")
    held.programs_left = [*(each for each in held.programs_left if each != program.pk), program.pk]
    lifecycle.advance(held, now=now, by=END_USER, why=f"left {program.name}")


def sit_out(enrollment: Enrollment, event_id: UUID, *, now: datetime) -> None:
    """One event alone; what runs there ends at once. Raises `Refusal` where there is nothing to sit out."""
    target = targets_of(enrollment).filter(event=event_id).first()
    if target is None:
        raise Refusal("not_found", "The device is in no such event.")
    stopping.opt_out(target, reason="on My devices", now=now, by=END_USER)


def end_everything(customers: Iterable[Customer], *, now: datetime) -> int:
    """At once, by every path; the makers' clouds and the partners are told (`enrollments.duties`). How many ended."""
    return asking.end_consents(customers, now=now, by=END_USER)


def ask_for_deletion(customers: Iterable[Customer], *, now: datetime) -> datetime:
    """Everything ends at once, and what is kept is erased by then. Safe to ask twice."""
    opened = asking.ask(customers, via=DeletionRequest.Via.ACCOUNT, now=now, by=END_USER)
    return max(each.due_at for each in opened)
