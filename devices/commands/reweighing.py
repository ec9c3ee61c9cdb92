"""What was issued to go out later is weighed once more when it goes: state and leave may have changed by then.

Whether a device takes orders at all (its partner may have been suspended or ended, or a portfolio that it is in) is
asked of each whenever it goes: from that commit on none is sent, however many are still to be cancelled. (What was
announced by webhook before is the outbox's, until the cancelling takes it back.)
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from devices import safety
from devices.commands import facts, keeping, restoring
from devices.commands.cancelling import cancel
from devices.commands.states import FINAL, NOT_SENT, NOTHING_TO_RESTORE
from devices.models import Command
from devices.safety import ORDERS_STOPPED, Asked, DeviceFacts, Refused
from texture_portal.actors import Actor

STANDS_FOR = timedelta(seconds=30)  # so long ago a verdict still holds


def weigh_due(held: Sequence[Command], *, now: datetime, by: Actor) -> list[Command]:
    """Of the next steps that a worker holds, those that it may take; the others are ended, and written.

    An end takes others along: the restore that it makes needless, an original whose own end came before it went out.
    """
    unfinished = [each.pk for each in held if each.is_unfinished]
    first = [each for each in held if each.step == Command.Step.SEND and not each.may_have_come]
    good = {each.pk for each in _reweigh(first, now=now, by=by)}
    refused = [each for each in first if each.pk not in good]
    keeping.write(refused)
    restoring.bring_forward(refused, now=now, by=by)
    if not _called_off(held, now=now, by=by) and not refused:
        return list(held)
    ended = set(Command.objects.filter(pk__in=unfinished, status__in=FINAL).values_list("pk", flat=True))
    return [each for each in held if each.pk not in ended]


def _reweigh(commands: Sequence[Command], *, now: datetime, by: Actor) -> list[Command]:
    """Those that may still go out for the first time; the others are ended. The caller holds them, and writes them."""
    doubtful = _doubtful(commands, now=now)
    if not doubtful:
        return list(commands)
    known = facts.of({each.device_id for each in doubtful}, now=now)
    originals = {each.pk: each for each in Command.objects.filter(restore__in=doubtful)}
    refused = {
        each.pk
        for each in doubtful
        if not (
            _restores_something(each, originals[each.restores_id], now=now, by=by)
            if each.restores_id
            else _is_allowed(each, known[each.device_id].facts, now=now, by=by)
        )
    }
    return [each for each in commands if each.pk not in refused]


def _doubtful(commands: Sequence[Command], *, now: datetime) -> list[Command]:
    """Those whose verdict no longer stands. What gives a device back goes out to whoever takes no orders, too."""
    orders = {each.device_id for each in commands if each.restores_id is None}
    heeded = facts.which_take_orders(orders) if orders else set()
    return [
        each
        for each in commands
        if now - each.requested_at > STANDS_FOR or (each.restores_id is None and each.device_id not in heeded)
    ]


def _called_off(held: Sequence[Command], *, now: datetime, by: Actor) -> list[Command]:
    """Of those that would go once more, having been put off or lost there, the ones that nobody is to heed any more."""
    again = [each for each in held if each.step == Command.Step.SEND and each.may_have_come and not each.restores_id]
    heeded = facts.which_take_orders({each.device_id for each in again}) if again else set()
    stopped = [each for each in again if each.device_id not in heeded]
    if not stopped:
        return []
    return cancel(stopped, reason=ORDERS_STOPPED.rule, detail=ORDERS_STOPPED.detail, now=now, by=by)


def _is_allowed(command: Command, device: DeviceFacts, *, now: datetime, by: Actor) -> bool:
    """By the caps it was weighed when it was issued: since then it counts itself."""
    asked = Asked(
        command.command, command.asked, command.program_type, command.event_id, command.starts_at, command.ends_at
    )
    verdict = safety.weigh(asked, device, now=now)
    if isinstance(verdict, Refused):
        command.reject()
        keeping.blame(command, verdict.rule, verdict.detail)
        keeping.note(command, reason=verdict.rule, now=now, by=by)
        return False
    command.input, command.clipped = verdict.input, [asdict(clip) for clip in verdict.clipped]
    return True


def _restores_something(restore: Command, original: Command, *, now: datetime, by: Actor) -> bool:
    """One whose original is still to go out at its own end comes to nothing with it."""
    if restoring.is_needed(restore, of=original):
        return True
    if original.is_unfinished:
        [held] = keeping.locked([original.pk])
        if held.may_have_come:
            return True
        if held.is_unfinished:
            held.cancel()
            keeping.blame(held, NOT_SENT, "Its end came before it could be sent.")
            keeping.note(held, reason=NOT_SENT, now=now, by=by)
            keeping.write([held])
    restoring.drop(restore, NOTHING_TO_RESTORE, now=now, by=by)
    return False
