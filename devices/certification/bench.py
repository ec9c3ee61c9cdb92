"""What the steps of one requirement work with: the partner's cloud, how it is opened, and the facts they add to."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices.certification.asking import Asker, NotNowError, StepError
from devices.certification.facts import CallMade, Facts
from devices.connectors.pull import asking, errands
from devices.connectors.pull.asking import UnknownNameError
from devices.connectors.pull.documents import Document
from devices.connectors.pull.errands import AnswerError, Ask, Known
from devices.connectors.pull.finding import Found
from devices.models import Cloud, Connection
from partners.models.partner import same_name

__all__ = ["Bench", "NotNowError", "Pace", "StepError"]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long one requirement may take, how a command is followed, and after what a call that failed is made again:
    seconds. Well under a task's time-out."""

    longest: float = 45.0
    command_within: float = 30.0
    asks_every: float = 0.5
    tries_again_after: float = 0.2  # where the cloud does not say


USUAL = Pace()


@dataclass(slots=True)
class Bench:
    """`second_secret`: what the partner gave beside the one in use, to show that they rotate (§9)."""

    its_cloud: Cloud | None
    connections: list[Connection]
    facts: Facts
    now: datetime
    second_secret: str | None = field(default=None, repr=False)
    pace: Pace = USUAL
    _asker: Asker | None = None

    @property
    def cloud(self) -> Cloud:
        if self.its_cloud is None:
            raise StepError("no_cloud", "The portal knows no cloud of this partner.")
        return self.its_cloud

    @property
    def document(self) -> Document:
        if self.facts.subject.document is None:
            raise StepError("no_document", "The cloud has no connector document.")
        return self.facts.subject.document

    @property
    def connection(self) -> Connection:
        """The one by which most is seen: a program's or fleet's before an end user's."""
        if not self.connections:
            raise StepError("no_connection", "No active connection opens the cloud.")
        return self.connections[0]

    @property
    def asker(self) -> Asker:
        if self._asker is None:
            until = time.monotonic() + self.pace.longest
            self._asker = Asker(
                self.connection, self.document, self.now, until, self.pace.tries_again_after,
                calls=self.facts.calls,
            )  # fmt: skip
        return self._asker

    def by_way(self, way: str) -> Connection | None:
        return next((each for each in self.connections if each.way == way), None)

    @property
    def calls(self) -> list[CallMade]:
        return self.facts.calls

    def listed(self) -> list[Found]:
        """Looked up once; of a TPDO, the maker's devices alone. Raises `StepError`."""
        if not self.facts.listings:
            self.facts.listings.append(self.look())
        if not self.facts.listed:
            raise StepError("no_device", "The cloud lists no device, so that there is nothing to try.")
        return self.facts.listed

    def look(self) -> list[Found]:
        """Every step of discovery, through all pages."""
        before: list[Any] = [{}]
        found: dict[str, Found] = {}
        for step in range(len(self.document.discovery)):
            outcomes = [
                self.asker.walk(errands.discover(self.document, step=step, kept=kept)) for kept in before
            ]  # fmt: skip
            if wrong := next((each for one in outcomes for each in one.faults if each.code == "items_missing"), None):
                raise StepError(wrong.code, str(wrong))
            before = [kept for outcome in outcomes for kept in outcome.steps]
            found |= {each.id: each for outcome in outcomes for each in outcome.found}
        return [each for each in found.values() if self.is_of_maker(each.manufacturer)]

    def is_of_maker(self, manufacturer: str) -> bool:
        """Whether the run is about its devices: of no maker, it is about all."""
        wanted = same_name(self.facts.subject.maker)
        return not wanted or same_name(manufacturer) == wanted

    def ask_of(self, call_name: str, names: dict[str, Any]) -> Ask:
        """Raises `StepError` where the call needs a name that nobody kept."""
        call = self.document.calls[call_name]
        try:
            return Ask(call, asking.ask(call, names))
        except (UnknownNameError, AnswerError) as missing:
            raise StepError("name_missing", f"The call {call_name} needs {missing}.") from None


def known(device: Found) -> Known:
    return Known(device.id, device.entry, device.kept)


def names_of(device: Found) -> dict[str, Any]:
    return {"device": device.id, **device.kept}
