"""One call of a partner that passed the door: what a handler needs to know of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import QueryDict

from partners import documents, problems
from partners.answers import Answer
from partners.models import Application, IdempotencyRecord, Partner, SigningKey
from partners.signatures import Message, VerifiedSignature
from partners.wire import WireSerializer, faults_of
from texture_portal.actors import Actor
from texture_portal.refusals import Fault, Refusal

Effect = Callable[[], Answer]
SUBJECT_FIELD = "manufacturerDeviceId"


@dataclass(frozen=True, slots=True)
class Holding:
    """An effect whose transaction must hold these names alone: of the device that it is about, and the like."""

    names: tuple[str, ...]
    act: Effect

    def __call__(self) -> Answer:
        return self.act()


@dataclass(frozen=True)
class Call:
    """`origin` is the portal's own, as the caller addressed it; `message` is what the signature covers.

    `kept` is what was answered to this idempotency key before, to whatever request.
    """

    partner: Partner
    application: Application
    request_id: UUID
    now: datetime
    actor: Actor
    origin: str
    message: Message
    query: QueryDict = field(default_factory=QueryDict)
    body: bytes = b""
    signing_key: SigningKey | None = None
    signature: VerifiedSignature | None = None
    idempotency_key: str | None = None
    kept: IdempotencyRecord | None = None

    @property
    def method(self) -> str:
        return self.message.derived["@method"]

    @property
    def target(self) -> str:
        """The path with its query, as it came on the wire."""
        return self.message.derived["@request-target"]

    @property
    def signed_at(self) -> datetime:
        """When the partner signed: only a request that was has one."""
        if self.signature is None:
            raise ValueError("the request was not signed")
        return self.signature.created

    def json(self) -> Any:
        """The body as a document, parsed once; raises `malformed_json`."""
        return self._document

    def read(self, serializer_class: type[WireSerializer], **context: Any) -> dict[str, Any]:
        """The body's fields by their names in Python; raises `malformed_json` or `validation_failed`."""
        return validated(serializer_class, self.json(), at="", context=context)

    def read_nothing(self) -> None:
        """For a call that takes no body: an empty one, or an object without fields; raises as `read` does."""
        if self.body:
            self.read(WireSerializer)

    def query_params(self, serializer_class: type[WireSerializer]) -> dict[str, Any]:
        """The query's parameters likewise; one that comes twice is refused."""
        repeated = [name for name, values in self.query.lists() if len(values) > 1]
        if repeated:
            raise _failed([Fault(f"/query/{name}", "invalid", "The parameter comes twice.") for name in repeated])
        return validated(serializer_class, self.query.dict(), at="/query", context={})

    def problem(self, refusal: Refusal) -> dict[str, Any]:
        """A refusal as a problem document, for one item of a batch."""
        return problems.document(refusal, base=self.origin, request_id=self.request_id)

    def subject(self) -> str:
        """The device that the body is about, in the partner's own words, where the body was parsed and says so."""
        return subject_of(self.__dict__.get("_document"))

    @cached_property
    def _document(self) -> Any:
        return documents.parse(self.body)


def subject_of(document: Any) -> str:
    """The device that a document is about, where it says so."""
    if not isinstance(document, dict):
        return ""
    device = document.get("device")
    named = device.get(SUBJECT_FIELD) if isinstance(device, dict) else document.get(SUBJECT_FIELD)
    return named if isinstance(named, str) else ""


def validated(
    serializer_class: type[WireSerializer], document: Any, *, at: str = "", context: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The document's fields by their names in Python; raises `validation_failed` with pointers below `at`."""
    value, faults = serializer_class.read(document, context=context or {})
    if faults:
        raise _failed(faults_of(faults, at=at))
    return value


def _failed(faults: list[Fault]) -> Refusal:
    count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
    return Refusal("validation_failed", f"The request has {count}; `errors` points at each.", tuple(faults))
