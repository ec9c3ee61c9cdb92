"""Commands to the partner's test devices: some that change nothing, and some that it must refuse.

Nothing here is a `Command` of the portal's: no customer's device is dispatched, and what is unsafe would not be issued.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from devices.certification.asking import Exchange
from devices.certification.bench import Bench, NotNowError, StepError, names_of
from devices.certification.facts import Commanded
from devices.certification.steps.states import ask_states
from devices.connectors.pull import control
from devices.connectors.pull.control import Control, UntranslatableError
from devices.connectors.pull.errands import Ask
from devices.connectors.pull.finding import Found
from texture_portal.ids import new_id

OVER = {"complete", "failed", "rejected"}
UNKNOWN = (None, "unknown")
# Of each type one that says again what holds: the parameter, its state field, and what is said where that is unknown.
HARMLESS: dict[str, tuple[str, dict[str, tuple[str, Any]]]] = {
    "battery": ("battery:set-reserve", {"chargePercentage": ("backupReserve", 20)}),
    "thermostat": ("thermostat:set-fan-mode", {"fanMode": ("fanMode", "auto")}),
    "vehicle": ("vehicle:set-charge-limit", {"chargeLimit": ("chargeLimit", 80)}),
    "charger": ("charger:set-operating-mode", {"operatingMode": ("", "start-charging")}),
    "inverter": ("inverter:curtail", {"curtailmentPercentage": ("", 0)}),
}


def send_harmless(bench: Bench, *, of_each_type: int = 1) -> None:
    """One to so many devices of each type that can be commanded."""
    counts: dict[str, int] = {}
    for device, slug, given in _harmless(bench):
        counts[device.type] = counts.get(device.type, 0) + 1
        if counts[device.type] <= of_each_type:
            _send(bench, device, slug, given)


def follow(bench: Bench) -> None:
    """Those that were sent, until they are over, for as long as the pace has it."""
    ends = time.monotonic() + bench.pace.command_within
    waiting = [number for number, each in enumerate(bench.facts.commands) if each.status not in (None, "rejected")]
    while waiting and time.monotonic() < ends:
        for number in list(waiting):
            if _asked_about(bench, number):
                waiting.remove(number)
        if waiting:
            time.sleep(bench.pace.asks_every)


def send_unsafe(bench: Bench, *, commands: list[dict[str, Any]]) -> None:
    """Each to one device of its type, in the cloud's own words: what the portal itself would never send."""
    for each in commands:
        kind = each["command"].partition(":")[0]
        device = next((found for found in bench.listed() if found.type == kind), None)
        if device is not None and each["command"] in _control(bench).wordings:
            _send(bench, device, each["command"], each["input"])
    if not bench.facts.commands:
        raise NotNowError("None of the listed devices takes a command that has a limit.")


def harmless_asks(bench: Bench) -> list[Ask]:
    """Each under an id of its own whenever it is asked for: here, once for each device."""
    return [_ask_of(bench, device, slug, given, id=str(new_id())) for device, slug, given in _harmless(bench)]


def _harmless(bench: Bench) -> list[tuple[Found, str, dict[str, Any]]]:
    """Batteries that hold their charge for a storm take no command: they are left out, as dispatch leaves them out."""
    if not bench.facts.states:
        ask_states(bench)
    states = {each.device: each.state for each in bench.facts.states}
    found: list[tuple[Found, str, dict[str, Any]]] = []
    for device in bench.listed():
        slug, parameters = HARMLESS.get(device.type, ("", {}))
        state = states.get(device.id, {})
        if slug in _control(bench).wordings and not state.get("isStormModeActive"):
            found.append((device, slug, {name: _same(state, *each) for name, each in parameters.items()}))
    if not found:
        raise NotNowError("No listed device takes a command at present.")
    return found


def _same(state: Mapping[str, Any], field: str, otherwise: Any) -> Any:
    return otherwise if state.get(field) in UNKNOWN else state[field]


def _send(bench: Bench, device: Found, slug: str, given: dict[str, Any]) -> None:
    """Once: what is not acknowledged is not sent again blindly. Where repeating is said to be safe, it is."""
    name = str(new_id())
    ask = _ask_of(bench, device, slug, given, id=name)
    known = _control(bench)
    came = bench.asker.until_answered(ask) if known.repeats_are_safe else bench.asker.once(ask)
    bench.facts.commands.append(_commanded(device, slug, came, known, id=name))


def _commanded(device: Found, slug: str, came: Exchange, known: Control, *, id: str) -> Commanded:
    said = dict(control.words(known.reading, came.body) or {})
    status = None
    if came.verdict.told is not None:
        status = control.read(known.reading, came.body).status or "accepted"
    http_status = came.answer.status if came.answer else None
    return Commanded(
        device.id, slug, http_status, status, came.seconds, said, ended=status if status in OVER else None, id=id
    )


def _asked_about(bench: Bench, number: int) -> bool:
    """Whether it is over."""
    sent, known = bench.facts.commands[number], _control(bench)
    if sent.ended is not None:
        return True
    if not known.ask:
        raise StepError("no_status", "The connector document has no call that asks what became of a command.")
    device = next(each for each in bench.listed() if each.id == sent.device)
    came = bench.asker.until_answered(bench.ask_of(known.ask, {**names_of(device), "command": sent.id}))
    status = control.read(known.reading, came.body).status if came.verdict.told is not None else None
    said = dict(control.words(known.reading, came.body) or {})
    bench.facts.commands[number] = replace(sent, ended=status if status in OVER else None, said=said or sent.said)
    return status in OVER


def _ask_of(bench: Bench, device: Found, slug: str, given: dict[str, Any], *, id: str) -> Ask:
    wording = _control(bench).wordings[slug]
    try:
        names = {**names_of(device), "command": id, **control.names_of(wording, given)}
    except UntranslatableError as missing:
        raise StepError("not_translatable", str(missing)) from None
    return bench.ask_of(wording.call, names)


def _control(bench: Bench) -> Control:
    found = bench.document.control
    if found is None:
        raise StepError("no_control", "The connector document has no words for commands.")
    return found
