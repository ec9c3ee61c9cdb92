"""Commands by the ids that clients gave them: accepted once, carried out soon after, and to be asked about."""

from dataclasses import dataclass, field, replace
from typing import Any

from partners.sandbox.clock import to_wire
from partners.sandbox.fleet import Unit
from partners.sandbox.refusals import Refused, invalid
from partners.sandbox.vocabulary import COMMANDS

ENDS_AFTER = 3.0  # seconds, where the cloud is told nothing else
BEGINS_AFTER = 1 / 3  # of the time that a command takes
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Given:
    """`fails` is the reason why it will, and `is_stuck` that it never ends."""

    client: str
    id: str
    device_id: str
    command: str
    parameters: dict[str, Any]
    at: float
    fails: str | None = None
    is_stuck: bool = False
    takes: float = ENDS_AFTER

    @property
    def begins_at(self) -> float:
        return self.at + self.takes * BEGINS_AFTER

    @property
    def ends_at(self) -> float:
        return self.at + self.takes

    def status(self, now: float) -> str:
        if now < self.begins_at:
            return "pending"
        if now < self.ends_at or self.is_stuck:
            return "in_progress"
        return "failed" if self.fails else "complete"

    def is_same_as(self, other: "Given") -> bool:
        return replace(self, at=other.at, fails=other.fails, is_stuck=other.is_stuck) == other

    def as_json(self, now: float) -> dict[str, Any]:
        status = self.status(now)
        failed = {"code": "device_unreachable", "message": self.fails, "remedy": "Send it again under another id."}
        return {
            "command_id": self.id,
            "device_id": self.device_id,
            "command": self.command,
            "parameters": self.parameters,
            "status": status,
            "requested_at": to_wire(self.at),
            "finished_at": to_wire(self.ends_at) if status in ("complete", "failed") else None,
            "error": failed if status == "failed" else None,
        }


@dataclass(slots=True)
class CommandLog:
    """`repeats`: how often a command came again under its id, and was not done again. `takes`: seconds of each."""

    takes: float = ENDS_AFTER
    repeats: int = 0
    given: dict[tuple[str, str], Given] = field(default_factory=dict)

    def take(
        self, document: Any, unit: Unit, *, client: str, now: float, fails: str | None, is_stuck: bool, storm: bool
    ) -> tuple[Given, bool]:
        """What was given, and whether it is new. Raises `Refused`; nothing is done twice, and nothing unsafe at all."""
        asked = _read(document, unit, client=client, at=now, fails=fails, is_stuck=is_stuck, takes=self.takes)
        if earlier := self.given.get((client, asked.id)):
            if not earlier.is_same_as(asked):
                raise Refused(
                    409, "command_id_reused", "This command_id was given to another command.", "Give it a new one."
                )
            self.repeats += 1
            return earlier, False
        changes = _changes(asked, unit, storm=storm)
        self.given[client, asked.id] = asked
        if not (fails or is_stuck):
            unit.site.life.order(asked.begins_at, changes)
        return asked, True

    def of(self, client: str, command_id: str) -> Given:
        found = self.given.get((client, command_id))
        if found is None:
            raise Refused(404, "not_found", "You gave no command of this id.")
        return found

    def to_device(self, client: str, device_id: str) -> list[Given]:
        own = [each for each in self.given.values() if (each.client, each.device_id) == (client, device_id)]
        return sorted(own, key=lambda each: each.at, reverse=True)


def _read(
    document: Any, unit: Unit, *, client: str, at: float, fails: str | None, is_stuck: bool, takes: float
) -> Given:
    if not isinstance(document, dict):
        raise invalid("body", "The body must be a JSON object.")
    if unknown := set(document) - {"command_id", "command", "parameters"}:
        raise invalid(sorted(unknown)[0], "There is no such member.")
    command_id, name, parameters = document.get("command_id"), document.get("command"), document.get("parameters", {})
    if not isinstance(command_id, str) or not 0 < len(command_id) <= LONGEST_ID:
        raise invalid("command_id", f"command_id must be a string of 1 to {LONGEST_ID} characters.")
    if not isinstance(name, str) or not isinstance(parameters, dict):
        raise invalid("command", "command must be a string, and parameters an object.")
    return Given(client, command_id, unit.id, name, parameters, at, fails, is_stuck, takes)


def _changes(asked: Given, unit: Unit, *, storm: bool) -> dict[str, Any]:
    command = COMMANDS.get(asked.command)
    if command is None or command.kind != unit.kind:
        offered = ", ".join(sorted(name for name, each in COMMANDS.items() if each.kind == unit.kind))
        raise invalid("command", f"A {unit.kind} takes {offered}.")
    if unknown := set(asked.parameters) - set(command.parameters):
        raise invalid(sorted(unknown)[0], f"{asked.command} takes {', '.join(command.parameters) or 'nothing'}.")
    if storm:
        raise Refused(
            409, "storm_guard_active", "The battery holds its charge for a storm.", "Try again when it is over."
        )
    life, starts = unit.site.life, asked.begins_at
    return command.changes(unit.site.home, life.orders.in_force(starts), asked.parameters, starts)
