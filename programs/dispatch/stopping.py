"""Devices leave an event before its end: the event is cancelled, the customer sits it out, or may not take part any
more. What they were told is cancelled, and what restores them goes out now instead of at the end.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from devices.commands import cancelling, restoring
from devices.models import Command
from programs.dispatch.keeping import write
from programs.dispatch.record import named
from programs.dispatch.starting import BY
from programs.models import DispatchTarget
from programs.models.dispatch import EventStatus
from programs.models.dispatch_target import Outcome
from texture_portal import jobs
from texture_portal.actors import Actor
from texture_portal.refusals import refuse

CHUNK = 500
COMMANDS = "commands"  # the job that sends them


@transaction.atomic
def opt_out(target: DispatchTarget, *, reason: str, now: datetime, by: Actor) -> DispatchTarget:
    """For this event alone: enrollment and consent stay as they are."""
    held = DispatchTarget.objects.select_for_update(of=("self",)).select_related("event").get(pk=target.pk)
    if held.outcome not in (Outcome.PLANNED, Outcome.ASKED) or not held.event.is_open:
        said = held.get_outcome_display().lower()
        raise refuse("state_conflict", f"There is nothing for it to sit out: {said}.", pointer="")
    _leave([held], Outcome.OPTED_OUT, why="customer_opted_out", detail=reason, now=now, by=by)
    return held


@transaction.atomic
def withdraw(devices: Collection[UUID], *, program_ids: Collection[UUID], why: str, now: datetime) -> int:
    """They are no longer in these programs, nor in their events: what runs there ends at once."""
    rows = DispatchTarget.objects.filter(
        device__in=devices, event__program__in=program_ids, outcome__in=[Outcome.PLANNED, Outcome.ASKED]
    )
    targets = list(rows.exclude(event__closed_at__isnull=False).order_by("pk").select_for_update(of=("self",)))
    _leave(targets, Outcome.WITHDRAWN, why=why, detail="", now=now, by=BY)
    return len(targets)


def withdraw_uncleared(*, now: datetime) -> int:
    """Devices that run in an event and may not be controlled any more, whoever took that from them."""
    with transaction.atomic():
        lapsed = Q(device__may_control=False) | Q(device__cleared_until__lte=now)
        running = DispatchTarget.objects.filter(
            lapsed, outcome=Outcome.ASKED, settled_at=None, event__status=EventStatus.RUNNING
        )
        targets = jobs.claim(running.order_by("pk"), limit=CHUNK)
        _leave(targets, Outcome.WITHDRAWN, why="not_cleared", detail="", now=now, by=BY)
    return len(targets)


def stop_some(*, now: datetime) -> int:
    """Of cancelled events, the next devices that were told."""
    with transaction.atomic():
        told = DispatchTarget.objects.filter(
            outcome=Outcome.ASKED, event__cancelled_at__isnull=False, event__status=EventStatus.RESTORING
        )
        targets = jobs.claim(told.order_by("pk"), limit=CHUNK)
        _leave(targets, Outcome.CANCELLED, why="event_cancelled", detail="", now=now, by=BY)
    return len(targets)


def _leave(
    targets: Sequence[DispatchTarget], outcome: Outcome, *, why: str, detail: str, now: datetime, by: Actor
) -> None:
    told = [each for each in targets if each.outcome == Outcome.ASKED]
    for target in targets:
        target.settled_at = None if target.outcome == Outcome.ASKED else now
        target.outcome, target.reason, target.detail = outcome, why, detail
        target.decided_by, target.due_at = named(by), None
    write(targets, ["outcome", "reason", "detail", "decided_by", "due_at", "settled_at"])
    _bring_back(told, why=why, now=now, by=by)


def _bring_back(targets: Iterable[DispatchTarget], *, why: str, now: datetime, by: Actor) -> None:
    by_event: dict[UUID, list[UUID]] = defaultdict(list)
    for target in targets:
        by_event[target.event_id].append(target.device_id)
    for event, devices in by_event.items():
        told = list(Command.objects.filter(event_id=event, device__in=devices, restores=None))
        cancelling.cancel(told, reason=why, now=now, by=by)
        restoring.bring_forward(told, now=now, by=by)  # also of what was carried out, and lasts
        jobs.wake(COMMANDS)
