"""The checks that a request to change something passes, in the contract's order (§7): content type to signature."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest

from partners import answers, arrivals, idempotency, keys, signatures
from partners.authentication import Caller
from partners.calls import Call
from partners.digests import check_content_digest
from partners.signatures import Message
from texture_portal import actors

KEYED = ("POST", "PATCH")  # these carry an Idempotency-Key (contract §2.4)


def arrived(request: HttpRequest, caller: Caller, *, now: datetime) -> Call:
    """The call as far as the token tells."""
    request_id = request.request_id  # type: ignore[attr-defined]
    return Call(
        partner=caller.partner,
        application=caller.application,
        request_id=request_id,
        now=now,
        actor=actors.partner(caller.partner.id, request_id=request_id),
        origin=answers.origin(request),
        message=arrivals.message_of(request),
    )


def with_query(call: Call, request: HttpRequest) -> Call:
    return replace(call, query=arrivals.query_of(request))


def signed(call: Call, request: HttpRequest, *, content_types: Collection[str], max_body: int) -> Call:
    """The call with its body, key and verified signature."""
    if call.method in KEYED:
        arrivals.check_content_type(request, content_types)
    body = arrivals.read_body(request, limit=max_body)
    headers = call.message.headers
    key = idempotency.read_key(headers.get("idempotency-key")) if call.method in KEYED else None
    check_content_digest(headers.get("content-digest"), body)
    claim = signatures.read(headers, required=required_components(call.message))
    signing_key, kept = keys.active_key(call.partner, key_id=claim.key_id, idempotency_key=key, now=call.now)
    signatures.check_fresh(claim, now=call.now)
    signature = signatures.verify(
        claim, call.message, algorithm=signing_key.algorithm, material=keys.material_of(signing_key)
    )
    keys.note_use(signing_key, now=call.now)
    return replace(call, body=body, idempotency_key=key, kept=kept, signing_key=signing_key, signature=signature)


def required_components(message: Message) -> list[str]:
    """Contract §2.2."""
    required = list(signatures.ALWAYS_COVERED)
    if message.derived["@method"] in KEYED:
        required.append("idempotency-key")
    if "?" in message.derived["@request-target"]:
        required.append("@query")
    return required
