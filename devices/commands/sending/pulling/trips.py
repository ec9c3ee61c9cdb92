"""A claimed command on its way through the drive: one call, and what its answer means for the command."""

from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from devices.commands.sending.pulling.claiming import Claimed
from devices.commands.states import Status
from devices.connectors.pull import asking, control
from devices.connectors.pull.asking import UnknownNameError
from devices.connectors.pull.control import Control, UntranslatableError
from devices.connectors.pull.documents import Document
from devices.connectors.pull.errands import AnswerError, Ask, Errand, Outcome
from devices.connectors.pull.faults import Fault
from devices.models import Command
from devices.polling import answers
from devices.polling.answers import OK, Verdict
from devices.polling.trips import Trip
from partners import http
from partners.webhooks.outcomes import excerpt

TRY_LATER = {401, 408, 425, 429}  # it was not taken, and may be another time
Step = Command.Step


@dataclass(eq=False, slots=True)
class CommandTrip(Trip):
    """`status` and `said`: what the cloud told. `is_unknown_there`: it never had the command."""

    claimed: Claimed | None = None
    status: Status | None = None
    said: dict[str, Any] | None = None
    is_unknown_there: bool = False
    went_out: bool = False
    http_status: int | None = None
    answer: str = ""
    seconds: list[float] = field(default_factory=list)

    @property
    def work(self) -> Claimed:
        if self.claimed is None:
            raise LookupError("a trip of no command")
        return self.claimed

    @property
    def title(self) -> str:
        return f"command {self.work.command.pk}"

    def prepare(self, document: Document) -> None:
        self.errand = _one_call(document, self.work)

    def request(self) -> http.Request:
        """Sent once: what became of it where the connection broke, is asked."""
        made = Trip.request(self)  # a class with slots is made twice, and `super` knows the first
        self.went_out = True
        return http.Request(
            made.method, made.url, headers=made.headers, body=made.body, seconds=made.seconds,
            most_bytes=made.most_bytes, is_repeatable=self.work.step == Step.ASK,
        )  # fmt: skip

    def judge(self, answered: "Future[http.Answer]", *, now: datetime) -> Verdict:
        """A refusal of the command is an answer, too: the call went well."""
        verdict = answers.judge(answered, now=now)
        if answered.exception() is not None:
            return verdict
        answer = answered.result()
        self.http_status, self.answer = answer.status, excerpt(answer.body)
        reading = _control(self.document).reading
        if verdict.told is not None:
            self._read(control.read(reading, verdict.told.answer))
            return verdict
        if self.work.step != Step.SEND and answer.status == 404:
            self.is_unknown_there = True
        elif 400 <= answer.status < 500 and answer.status not in TRY_LATER and self.work.step == Step.SEND:
            self.status, self.said = Status.REJECTED, control.words(reading, _json(answer.body))
        else:
            return verdict
        return Verdict(OK, answers.told_nothing(now=now))

    def _read(self, told: control.Told) -> None:
        is_sent = self.work.step == Step.SEND
        self.status = Status(told.status) if told.status else Status.ACCEPTED if is_sent else None
        self.said = told.said


def _control(document: Document | None) -> Control:
    return (document.control if document else None) or Control({})


def _one_call(document: Document, claimed: Claimed) -> Errand:
    command, known = claimed.command, _control(document)
    try:
        match claimed.step:
            case Step.SEND:
                wording = known.wordings.get(command.command)
                if wording is None:
                    raise UntranslatableError(f"The document has no words for {command.command}.")
                name, names = wording.call, {**claimed.names, **control.names_of(wording, command.input)}
            case Step.CANCEL:
                name, names = known.cancel, claimed.names
            case _:
                name, names = known.ask, claimed.names
        if not name:
            raise UntranslatableError(f"The document has no call to {claimed.step} a command.")
        call = document.calls[name]
        asked = asking.ask(call, names)
    except UntranslatableError as missing:
        raise AnswerError(Fault("control.commands", "not_translatable", str(missing))) from None
    except UnknownNameError as missing:
        raise AnswerError(Fault("control", "name_missing", f"{{{missing}}} is not known of this device.")) from None
    yield Ask(call, asked)
    return Outcome()


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
