"""A program ends before its last day: its events are called off, and who takes part leaves (`enrollments.waiting`)."""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction

from programs.dispatch import scheduling
from programs.models import DispatchEvent, Program
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal

CALLED_OFF = ("draft", "scheduled", "running")


@transaction.atomic
def end(program: Program, *, reason: str, now: datetime, by: Actor) -> Program:
    held = Program.objects.select_for_update(of=("self",)).get(pk=program.pk)
    if held.status == Program.Status.ARCHIVED:
        raise Refusal("state_conflict", "The program has ended already.")
    held.status = Program.Status.ARCHIVED
    _save_on_record(held, by=by, reason=reason)
    for event in DispatchEvent.objects.filter(program=held, status__in=CALLED_OFF).order_by("pk"):
        scheduling.cancel(event, reason=reason, now=now, by=by)
    return held


def _save_on_record(program: Program, *, by: Actor, reason: str) -> None:
    """Who and why, for the program's history, which reads these two from the instance."""
    user = get_user_model().objects.get(pk=by.user_id) if by.user_id is not None else None
    program._history_user, program._change_reason = user, reason[:100]  # type: ignore[attr-defined]
    program.save()
