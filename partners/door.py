"""The checks that a request to change something passes, in the contract's order (§7): content type to signature."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.http import HttpRequest

from partners import answers, arrivals, idempotency, keys, signatures
from partners.authentication import Caller
from partners.calls import Call
from partners.digests import check_content_digest
from partners.signatures import Claim, Message
from texture_portal import actors
from texture_portal.refusals import Refusal

Item = TypeVar("Item")

READING = ("GET", "HEAD")
KEYED = ("POST", "PATCH")  # these carry an Idempotency-Key (contract §2.4)


@dataclass(frozen=True, slots=True)
class Said:
    """What a request says of itself before anybody has checked it. What is faulty is not here: it is refused in its
    turn."""

    message: Message
    claim: Claim | None = None
    idempotency_key: str | None = None

    @property
    def key_id(self) -> UUID | None:
        try:
            return UUID(self.claim.key_id) if self.claim else None
        except ValueError:
            return None  # of no key that there could be


def said(request: HttpRequest) -> Said:
    message = arrivals.message_of(request)
    if message.derived["@method"] in READING:
        return Said(message)
    return Said(message, _unless_refused(lambda: _claim(message)), _unless_refused(lambda: _idempotency_key(message)))


def arrived(request: HttpRequest, caller: Caller, said: Said, *, now: datetime) -> Call:
    """The call as far as the token tells."""
    request_id = request.request_id  # type: ignore[attr-defined]
    return Call(
        partner=caller.partner,
        application=caller.application,
        request_id=request_id,
        now=now,
        actor=actors.partner(caller.partner.id, request_id=request_id),
        origin=answers.origin(request),
        message=said.message,
    )


def with_query(call: Call, request: HttpRequest) -> Call:
    return replace(call, query=arrivals.query_of(request))


def signed(
    call: Call, request: HttpRequest, caller: Caller, said: Said, *, content_types: Collection[str], max_body: int
) -> Call:
    """The call with its body, key and verified signature."""
    message = said.message
    if call.method in KEYED:
        arrivals.check_content_type(request, content_types)
    body = arrivals.read_body(request, limit=max_body)
    idempotency_key = said.idempotency_key or _idempotency_key(message)
    check_content_digest(message.headers.get("content-digest"), body)
    claim = said.claim or _claim(message)
    key = keys.active(caller.key, now=call.now)
    signatures.check_fresh(claim, now=call.now)
    signature = signatures.verify(claim, message, algorithm=key.algorithm, material=keys.material_of(key))
    keys.note_use(key, now=call.now)
    kept = caller.kept
    return replace(call, body=body, idempotency_key=idempotency_key, kept=kept, signing_key=key, signature=signature)


def _claim(message: Message) -> Claim:
    return signatures.read(message.headers, required=required_components(message))


def _idempotency_key(message: Message) -> str | None:
    if message.derived["@method"] not in KEYED:
        return None
    return idempotency.read_key(message.headers.get("idempotency-key"))


def _unless_refused(read: Callable[[], Item]) -> Item | None:
    try:
        return read()
    except Refusal:
        return None


def required_components(message: Message) -> list[str]:
    """Contract §2.2."""
    required = list(signatures.ALWAYS_COVERED)
    if message.derived["@method"] in KEYED:
        required.append("idempotency-key")
    if "?" in message.derived["@request-target"]:
        required.append("@query")
    return required
