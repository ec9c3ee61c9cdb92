"""What is to be done next of a command whose call came home: never send again blindly, and ask no more than is fair."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from devices.commands import keeping
from devices.commands.progress import FIRST_ASKED, LONGEST_PAUSE
from devices.commands.sending.pulling.claiming import BY
from devices.commands.states import OUTCOME_UNKNOWN
from devices.models import Command

if TYPE_CHECKING:
    from devices.commands.sending.pulling.desk import Home

Step = Command.Step
SOON = timedelta(seconds=2)
CANCELS_AT_MOST = 5


def settle(home: "Home", command: Command, *, now: datetime) -> None:
    """The claim is over. What the cloud told of it is recorded after this, and goes before it."""
    command.claimed_until = None
    if home.trip.work.step == Step.CANCEL:
        _after_cancelling(home, command, now=now)
    elif not command.is_unfinished:  # called off meanwhile, the cloud has yet to be told so
        return
    elif home.trip.work.step == Step.SEND:
        _after_sending(home, command, now=now)
    else:
        _after_asking(home, command, now=now)


def _after_sending(home: "Home", command: Command, *, now: datetime) -> None:
    trip = home.trip
    if not trip.went_out:
        command.sent_at = trip.work.sent_before
        if home.fault is not None and trip.work.sent_before is None:
            _give_up(home, command, now=now)
            return
        _next(command, Step.SEND, now + (home.wait or SOON))
    elif home.wait is not None:  # the cloud did not take it, and said so
        _next(command, Step.SEND, now + home.wait)
    elif trip.status is None:  # nobody knows whether it came
        _ask_or_not(home, command, now=now)


def _after_asking(home: "Home", command: Command, *, now: datetime) -> None:
    if home.trip.is_unknown_there:  # it never came: now it may be sent, under the same id
        _next(command, Step.SEND, now)
        return
    command.asks = 0 if home.trip.status is not None else command.asks + 1
    pause = min(max(FIRST_ASKED, (now - (command.sent_at or now)) / 4), LONGEST_PAUSE)  # later and later
    _next(command, Step.ASK, now + max(pause, home.wait or pause))


def _ask_or_not(home: "Home", command: Command, *, now: datetime) -> None:
    known = home.trip.document.control if home.trip.document else None
    if known and known.ask:
        _next(command, Step.ASK, now + FIRST_ASKED)
    elif known and known.repeats_are_safe:
        _next(command, Step.SEND, now + SOON)
    else:
        command.fail()
        keeping.blame(command, OUTCOME_UNKNOWN, "The call broke off, and this cloud cannot be asked what came of it.")
        keeping.note(command, reason=OUTCOME_UNKNOWN, now=now, by=BY)


def _after_cancelling(home: "Home", command: Command, *, now: datetime) -> None:
    """A few tries; a cloud that has no call for it is told nothing, and the restore undoes what was begun."""
    if home.outcome == "ok" or home.fault is not None or command.claims > CANCELS_AT_MOST + 20:
        command.step, command.due_at = "", None
    else:
        _next(command, Step.CANCEL, now + (home.wait or SOON))


def _give_up(home: "Home", command: Command, *, now: datetime) -> None:
    """The document has no words for it: nothing was sent."""
    fault = home.fault
    command.reject()
    keeping.blame(command, fault.code if fault else home.outcome, fault.detail if fault else "")
    keeping.note(command, reason=command.error_code, now=now, by=BY)


def _next(command: Command, step: Command.Step, due_at: datetime) -> None:
    command.step, command.due_at = step, due_at
