"""Telling the devices of events whose turn it is: a piece of the fleet at a time, each step of each device once.

The target's row is the job: it is held while its command is written, and both are committed together.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from devices.commands.issuing import issue
from devices.commands.orders import DispatchClearance, Order
from devices.models import Command
from devices.safety import NO_CAPS
from programs.dispatch.facts import caps_of
from programs.dispatch.keeping import write
from programs.dispatch.previewing import step_of
from programs.dispatch.record import save_on_record
from programs.dispatch.scheduling import LEAD, drop
from programs.models import DispatchEvent, DispatchTarget
from programs.models.dispatch import EventStatus
from programs.models.dispatch_target import Outcome, Restore
from texture_portal import jobs
from texture_portal.actors import Actor, system

CHUNK = 500
BY = system("dispatch")
STARTS_WITHIN = timedelta(minutes=15)  # of its turn; a device that cannot be told by then sits out
REJECTED = "rejected"
CHANGED = (
    "outcome", "reason", "detail", "steps_told", "due_at", "asked_at", "restore", "settled_at"
)  # fmt: skip


def begin_due(*, now: datetime) -> int:
    """Scheduled events whose first device is due run from now on."""
    with transaction.atomic():
        due = DispatchEvent.objects.filter(
            status=EventStatus.SCHEDULED, previewed_at__isnull=False, begins_at__lte=now + LEAD
        )
        found = jobs.claim(due, limit=20)
        for event in found:
            event.begin()
            save_on_record(event, by=BY, reason="its window begins")
    return len(found)


def end_due(*, now: datetime) -> int:
    """Running events whose window is over."""
    with transaction.atomic():
        found = jobs.claim(DispatchEvent.objects.filter(status=EventStatus.RUNNING, ends_at__lte=now), limit=20)
        for event in found:
            drop(event, why="window_over", now=now, by=BY)
            event.wind_down()
            save_on_record(event, by=BY, reason="its window is over")
    return len(found)


def tell_some(*, now: datetime) -> int:
    """The steps that are due, those of more important events first. How many that were."""
    with transaction.atomic():
        due = DispatchTarget.objects.filter(due_at__lte=now + LEAD, event__status=EventStatus.RUNNING)
        ordered = due.select_related("device__site", "event__program").order_by("-event__priority", "due_at", "pk")
        targets = jobs.claim(ordered, limit=CHUNK)
        if targets:
            _tell(targets, now=now, by=BY)
    return len(targets)


def _tell(targets: Sequence[DispatchTarget], *, now: datetime, by: Actor) -> None:
    by_event: dict[DispatchEvent, list[DispatchTarget]] = defaultdict(list)
    for target in targets:
        by_event[target.event].append(target)
    for event, of_event in by_event.items():
        for target in of_event:
            _pass_over(target, now=now)
        caps = caps_of(event, [each.device for each in of_event])
        orders = [_order(event, each, caps[each.device_id] if each.asked_at is None else NO_CAPS) for each in of_event]
        for target, command in zip(of_event, issue(orders, now=now, by=by), strict=True):
            _note(target, command, now=now)
    # The trigger holds which outcomes may become which.
    write(targets, CHANGED)


def _pass_over(target: DispatchTarget, *, now: datetime) -> None:
    """What would be over by now, as cooling ahead is where workers were away: the next step is due."""
    while target.steps_told + 1 < len(target.plan) and step_of(target.plan[target.steps_told]).ends_at <= now:
        target.steps_told += 1


def _order(event: DispatchEvent, target: DispatchTarget, caps: Any) -> Order:
    """Caps are the event's: they are asked once, with its first step."""
    step = step_of(target.plan[target.steps_told])
    return Order(
        device=target.device,
        command=step.command,
        input=step.input,
        expires_at=min(step.ends_at, step.starts_at + STARTS_WITHIN),
        clearance=DispatchClearance(event.program.type, event.pk, caps),
        starts_at=step.starts_at,
        ends_at=step.ends_at,
        restore=step.restore,
    )


def _note(target: DispatchTarget, command: Command, *, now: datetime) -> None:
    if command.status == REJECTED and target.asked_at is None:
        target.outcome, target.reason, target.detail = Outcome.REFUSED, command.error_code, command.error_detail
        target.due_at, target.settled_at = None, now
        return
    target.steps_told += 1
    target.outcome, target.asked_at = Outcome.ASKED, target.asked_at or now
    target.restore = Restore.WAITS
    later = target.plan[target.steps_told :]
    target.due_at = step_of(later[0]).starts_at if later else None
