"""The one verb that issues commands: weighed, written, and what stood before them cancelled, in one transaction.

A refused order is a row, too: rejected, with the name of the rule. Nothing is sent here; a worker is woken.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from devices import safety
from devices.commands import cancelling, facts, keeping, waking
from devices.commands.facts import Known
from devices.commands.orders import DispatchClearance, Order
from devices.commands.states import NOT_REACHABLE, SUPERSEDED, Status
from devices.models import Command
from devices.safety import Allowed, Caps, Refused
from texture_portal.actors import Actor
from texture_portal.holding import hold
from texture_portal.writing import insert

__all__ = ["Caps", "DispatchClearance", "Order", "issue", "preview"]

RESTORED_WITHIN = timedelta(hours=2)  # after its end a device is given back by then, or it is told that it was not
Verdict = Allowed | Refused
UNREACHABLE = Refused(NOT_REACHABLE, "The connection through which the device was reached is not active.")


def preview(orders: Sequence[Order], *, now: datetime) -> list[Verdict]:
    """What would come of them now, in their order. Writes nothing."""
    known = facts.of({order.device.pk for order in orders}, now=now)
    return [_verdict(order, known[order.device.pk], now=now) for order in orders]


def issue(orders: Sequence[Order], *, now: datetime, by: Actor) -> list[Command]:
    """One command for each, in their order. Of several for one device the last stands.

    Call it in a transaction, for some thousand at most: a partner's commands are issued by one caller at a time.
    """
    if not orders:
        return []
    hold([f"commands of {partner}" for partner in {order.device.partner_id for order in orders}])
    known = facts.of({order.device.pk for order in orders}, now=now)
    made = [_command(order, known[order.device.pk], now=now, by=by) for order in orders]
    standing = _last_for_each(made, now=now, by=by)
    restores = [
        restore
        for order, command in zip(orders, made, strict=True)
        if command.pk in standing and (restore := _restore(order, command, known[order.device.pk], now=now, by=by))
    ]
    cancelling.supersede(list(standing.values()), restores, now=now, by=by)
    insert([*made, *restores])
    if standing:
        waking.wake(each.way for each in standing.values())
    return made


def _command(order: Order, known: Known, *, now: datetime, by: Actor) -> Command:
    verdict = _verdict(order, known, now=now)
    clearance = order.clearance or DispatchClearance("")
    made = Command(
        partner_id=known.partner_id,
        device_id=order.device.pk,
        command=order.command,
        asked=dict(order.input),
        input=verdict.input if isinstance(verdict, Allowed) else dict(order.input),
        clipped=[asdict(clip) for clip in verdict.clipped] if isinstance(verdict, Allowed) else [],
        status=Status.PENDING if isinstance(verdict, Allowed) else Status.REJECTED,
        program_type=clearance.program_type,
        event_id=clearance.event_id,
        requested_at=now,
        starts_at=order.starts_at or now,
        ends_at=order.ends_at,
        expires_at=order.expires_at,
        way=known.way or Command.Way.PULL,
    )
    _begin(made, now=now)
    if isinstance(verdict, Refused):
        keeping.blame(made, verdict.rule, verdict.detail)
    keeping.note(made, reason=made.error_code or "issued", now=now, by=by)
    return made


def _restore(order: Order, command: Command, known: Known, *, now: datetime, by: Actor) -> Command | None:
    """Written with its cause, so that no crash forgets it."""
    asked, ends_at = order.asked_back(), order.ends_at
    if asked is None or ends_at is None:
        return None
    verdict = safety.weigh(asked, known.facts, now=now)
    if isinstance(verdict, Refused):
        raise LookupError(f"{order.command} stands, and its restore is refused: {verdict.rule}")
    made = Command(
        partner_id=known.partner_id, device_id=order.device.pk, command=asked.command, asked=dict(asked.input),
        input=verdict.input, clipped=[asdict(clip) for clip in verdict.clipped], event_id=command.event_id,
        program_type=command.program_type, restores=command, requested_at=now, starts_at=ends_at,
        expires_at=ends_at + RESTORED_WITHIN, way=command.way,
    )  # fmt: skip
    _begin(made, now=now)
    keeping.note(made, reason="issued", now=now, by=by)
    return made


def _begin(command: Command, *, now: datetime) -> None:
    if command.status == Status.PENDING:
        command.step, command.due_at = Command.Step.SEND, max(now, command.starts_at)
        command.deadline_at = command.expires_at


def _last_for_each(made: Sequence[Command], *, now: datetime, by: Actor) -> dict[UUID, Command]:
    """Those that stand, by their id; earlier ones for the same device are cancelled before they are anything."""
    last: dict[UUID, Command] = {}
    for command in made:
        if command.status == Status.PENDING:
            if earlier := last.get(command.device_id):
                earlier.cancel()
                keeping.blame(earlier, SUPERSEDED, "A newer command of the same call took its place.")
                keeping.note(earlier, reason=SUPERSEDED, now=now, by=by)
            last[command.device_id] = command
    return {command.pk: command for command in last.values()}


def _verdict(order: Order, known: Known, *, now: datetime) -> Verdict:
    if known.way is None:
        return UNREACHABLE
    return safety.weigh(order.asked(), known.facts, now=now, back=order.asked_back())
