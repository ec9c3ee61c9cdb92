"""Who would take part in an event, with how much, and who is left out and why. The rows are the answer.

Nobody is told anything. What is forecast is weighed again when the device's turn comes: its state may have changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Min

from devices.commands.facts import which_take_orders
from devices.commands.orders import way_back
from devices.models import Device
from devices.safety import Asked, Caps, DeviceFacts, Refused, Window, weigh
from programs.dispatch import choosing
from programs.dispatch.facts import caps_of, facts_of, other_events, states_of, subject_of
from programs.dispatch.planning import Against, Plan, Step, plan
from programs.dispatch.record import save_off_record
from programs.models import DispatchEvent, DispatchTarget
from programs.models.dispatch_target import Outcome
from texture_portal import jobs
from texture_portal.clock import to_wire

CHUNK = 500
IN_WORDS = {
    Against.NOT_ASKED: "The event asks nothing of devices of this type.",
    Against.NO_COMMAND: "It takes no command by which it could do this.",
    Against.NO_RATING: "Its maker states no power that it is rated for.",
    Against.NO_STATE: "It has told no state yet.",
    Against.NOT_COOLING: "It is not set to cool.",
}


def look_at_some(*, now: datetime) -> int:
    """The next chunk of the first event whose preview waits."""
    with transaction.atomic():
        waiting = DispatchEvent.objects.filter(previewed_at=None, status__in=["draft", "scheduled"]).order_by(
            "starts_at"
        )
        for event in jobs.claim(waiting.select_related("program"), limit=1):
            return _look_at(event, now=now)
    return 0


def _look_at(event: DispatchEvent, *, now: datetime) -> int:
    devices, last = choosing.chunk(event, after=event.looked_at, limit=CHUNK)
    DispatchTarget.objects.bulk_create(targets_of(event, devices, now=now))
    event.looked_at = last
    if last is None:
        event.previewed_at = now
        event.begins_at = event.targets.aggregate(at=Min("due_at"))["at"] or event.starts_at
    save_off_record(event, "looked_at", "previewed_at", "begins_at")
    return 1


def begin_anew(event: DispatchEvent) -> None:
    """What is planned is drawn again; who sits out of it goes on to. Call it in a transaction that holds the event."""
    event.targets.filter(outcome__in=[Outcome.PLANNED, Outcome.LEFT_OUT]).delete()
    event.previewed_at = event.looked_at = event.begins_at = None
    jobs.wake("dispatch")


def targets_of(event: DispatchEvent, devices: Sequence[Device], *, now: datetime) -> list[DispatchTarget]:
    states, events, caps = states_of(devices), other_events(event, devices), caps_of(event, devices)
    ordered = which_take_orders([each.pk for each in devices])
    settled = set(event.targets.filter(device__in=devices).values_list("device", flat=True))  # who sits out already
    return [
        _target(
            event,
            device,
            states[device.pk],
            events.get(device.pk, ()),
            caps[device.pk],
            takes_orders=device.pk in ordered,
            now=now,
        )
        for device in devices
        if device.pk not in settled
    ]


def _target(
    event: DispatchEvent,
    device: Device,
    state: dict[str, Any] | None,
    events: Sequence[Window],
    caps: Caps,
    *,
    takes_orders: bool,
    now: datetime,
) -> DispatchTarget:
    target = DispatchTarget(event=event, device=device, outcome=Outcome.LEFT_OUT)
    made = plan(event.asks(), subject_of(device, state), event.schedule_of())
    if isinstance(made, Against):
        target.reason, target.detail, target.settled_at = made.value, IN_WORDS[made], now
        return target
    facts = facts_of(device, state, events, takes_orders=takes_orders)
    if refused := _refused(event, made, facts, caps, now=now):
        target.reason, target.detail, target.settled_at = refused.rule, refused.detail, now
        return target
    target.outcome, target.expected_kw = Outcome.PLANNED, made.expected_kw
    target.plan = [written(step) for step in made.steps]
    target.due_at, target.acts_at = made.steps[0].starts_at, made.steps[-1].starts_at
    return target


def _refused(event: DispatchEvent, made: Plan, facts: DeviceFacts, caps: Caps, *, now: datetime) -> Refused | None:
    """As if each step were due with a state as old as it is now."""
    for step in made.steps:
        then = max(now, step.starts_at)
        aged = None if facts.observed_at is None else facts.observed_at + (then - now)
        asked = Asked(
            step.command, step.input, event.program.type, event.pk, step.starts_at, step.ends_at, caps
        )  # fmt: skip
        back = way_back(step.restore)
        if isinstance(said := weigh(asked, replace(facts, observed_at=aged), now=then, back=back), Refused):
            return said
    return None


def written(step: Step) -> dict[str, Any]:
    return {**asdict(step), "starts_at": to_wire(step.starts_at), "ends_at": to_wire(step.ends_at)}


def step_of(document: Mapping[str, Any]) -> Step:
    """As `written` wrote it."""
    times = {name: datetime.fromisoformat(document[name]) for name in ("starts_at", "ends_at")}
    return Step(document["command"], document["input"], times["starts_at"], times["ends_at"], document["restore"])
