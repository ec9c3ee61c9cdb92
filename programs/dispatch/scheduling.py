"""An operator's verbs: draft, schedule, amend, cancel. Each says why, and that is kept with who did it.

They decide; jobs carry it out (`programs.dispatch.work`), so that a fleet of any size is told in pieces.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from devices.models import Portfolio
from programs.dispatch import previewing
from programs.dispatch.instructions import Instructions, UnfitInstructionError, check, written
from programs.dispatch.record import named, save_on_record
from programs.models import DispatchEvent, DispatchTarget, Program
from programs.models.dispatch import LONGEST, EventStatus
from programs.models.dispatch_target import Outcome
from territories.models import Utility
from texture_portal import jobs
from texture_portal.actors import Actor
from texture_portal.clock import MOST_AHEAD
from texture_portal.refusals import refuse

LEAD = timedelta(minutes=2)  # so long before its start a device's command is made ready
LATEST_START = 0.5  # of the window: by then every device has begun
Choice = DispatchEvent.Choice


@dataclass(frozen=True, slots=True)
class Audience:
    """Of the program's participants; what `choice` names is given, all else is not."""

    choice: str = Choice.PROGRAM
    portfolio: Portfolio | None = None
    utility: Utility | None = None
    area: dict[str, Any] | None = None
    zips: tuple[str, ...] = ()
    listed: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    name: str
    starts_at: datetime
    ends_at: datetime
    instructions: Instructions
    randomise: timedelta = timedelta()
    ramp: timedelta = timedelta()
    priority: int = 0
    audience: Audience = field(default_factory=Audience)


@transaction.atomic
def draft(program: Program, wanted: Wanted, *, reason: str, now: datetime, by: Actor) -> DispatchEvent:
    """Its preview is drawn up by a worker at once."""
    if program.is_over(now=now) or program.status == Program.Status.PAUSED:
        raise refuse("state_conflict", f"{program} calls no events: it is {program.status}.", pointer="/program")
    _check(wanted, now=now)
    event = DispatchEvent(program=program, created_at=now)
    _set(event, wanted)
    save_on_record(event, by=by, reason=reason)
    jobs.wake("dispatch")
    return event


@transaction.atomic
def schedule(event: DispatchEvent, *, reason: str, now: datetime, by: Actor) -> DispatchEvent:
    event = _held(event)
    _must(event, EventStatus.DRAFT, "schedule")
    if event.previewed_at is None:
        raise refuse("state_conflict", "Its preview is not there yet: nobody knows who would be told.", pointer="")
    if event.begins_at is None or event.begins_at < now:
        raise refuse("state_conflict", "It would have begun already. Remedy: amend its times.", pointer="/startsAt")
    if not event.targets.filter(outcome=Outcome.PLANNED).exists():
        raise refuse("state_conflict", "There is no device that it could ask anything of.", pointer="")
    event.be_scheduled(now=now)
    save_on_record(event, by=by, reason=reason)
    jobs.wake("dispatch")
    return event


@transaction.atomic
def amend(event: DispatchEvent, wanted: Wanted, *, reason: str, now: datetime, by: Actor) -> DispatchEvent:
    """Until its first device is told. Who is in it is drawn anew; who sits out of it stays out."""
    event = _held(event)
    _must_not_have_begun(event, now=now)
    _check(wanted, now=now)
    _set(event, wanted)
    previewing.begin_anew(event)
    save_on_record(event, by=by, reason=reason)
    return event


@transaction.atomic
def preview_anew(event: DispatchEvent, *, reason: str, now: datetime, by: Actor) -> DispatchEvent:
    """As it is, with what is known of the devices now."""
    event = _held(event)
    _must_not_have_begun(event, now=now)
    previewing.begin_anew(event)
    save_on_record(event, by=by, reason=reason)
    return event


@transaction.atomic
def cancel(event: DispatchEvent, *, reason: str, now: datetime, by: Actor) -> DispatchEvent:
    """Nobody is told any more. Who was told already is stopped and brought back, one piece of the fleet at a time."""
    event = _held(event)
    if event.status not in (EventStatus.DRAFT, EventStatus.SCHEDULED, EventStatus.RUNNING):
        raise refuse("state_conflict", f"It is {event.get_status_display().lower()} already.", pointer="")
    event.cancelled_at = now
    drop(event, why="event_cancelled", now=now, by=by)
    if event.status == EventStatus.RUNNING:
        event.wind_down()
    else:
        event.end_cancelled(now=now)
    save_on_record(event, by=by, reason=reason)
    jobs.wake("dispatch")
    return event


def drop(event: DispatchEvent, *, why: str, now: datetime, by: Actor) -> None:
    """Who waits for a turn has none any more. The triggers hold which outcomes may become which."""
    waiting = DispatchTarget.objects.filter(event=event, outcome=Outcome.PLANNED)
    waiting.update(outcome=Outcome.DROPPED, reason=why, decided_by=named(by), due_at=None, settled_at=now)
    DispatchTarget.objects.filter(event=event, due_at__isnull=False).update(due_at=None)


def _held(event: DispatchEvent) -> DispatchEvent:
    return DispatchEvent.objects.select_for_update(of=("self",)).select_related("program").get(pk=event.pk)


def _must(event: DispatchEvent, status: EventStatus, verb: str) -> None:
    if event.status != status:
        said = event.get_status_display().lower()
        raise refuse("state_conflict", f"To {verb} it, it must be a {status.label.lower()}: it is {said}.", pointer="")


def _must_not_have_begun(event: DispatchEvent, *, now: datetime) -> None:
    begun = event.begins_at is not None and event.begins_at - LEAD <= now
    if (event.status == EventStatus.SCHEDULED and begun) or event.status not in ("draft", "scheduled"):
        raise refuse(
            "state_conflict",
            "Devices are being told. Remedy: cancel it, which brings them back at once, and draft another.",
            pointer="",
        )


def _check(wanted: Wanted, *, now: datetime) -> None:
    try:
        check(wanted.instructions)
    except UnfitInstructionError as fault:
        raise refuse("invalid", str(fault), pointer="/instructions") from fault
    length = wanted.ends_at - wanted.starts_at
    if not timedelta() < length <= LONGEST:
        raise refuse("invalid", "It ends after it starts, within 24 hours.", pointer="/endsAt")
    if wanted.starts_at < now:
        raise refuse("invalid", "It starts in the future.", pointer="/startsAt")
    if wanted.starts_at - now > MOST_AHEAD:
        raise refuse("out_of_range", "It starts two years ahead at most.", pointer="/startsAt")
    if wanted.randomise + wanted.ramp > length * LATEST_START:
        raise refuse("invalid", "Random start and ramp take half of its time at most.", pointer="/ramp")


def _set(event: DispatchEvent, wanted: Wanted) -> None:
    whom = wanted.audience
    event.name, event.starts_at, event.ends_at = wanted.name, wanted.starts_at, wanted.ends_at
    event.instructions, event.priority = written(wanted.instructions), wanted.priority
    event.randomise_seconds = int(wanted.randomise.total_seconds())
    event.ramp_seconds = int(wanted.ramp.total_seconds())
    event.choice, event.portfolio, event.utility = whom.choice, whom.portfolio, whom.utility
    event.area, event.zips, event.listed = whom.area, list(whom.zips), list(whom.listed)
