"""How each refusal is brought about that any call may give: what is wrong is of the request, not of its subject."""

import re
import uuid
from collections.abc import Callable

from contract.client import send
from contract.payloads import enrollment
from contract.signing import Key, Request, content_digest, sign
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import override_settings

from partners.models import Partner
from texture_portal.openapi.calls.call import Call

from .portal import Exchange, Portal


def _edit(change: Callable[[Request], Request]) -> Callable[[Portal, Call], Exchange]:
    """Signed as it should be, then changed."""

    def bring(portal: Portal, call: Call) -> Exchange:
        request = portal.draft(call)
        signed = request if request.method == "GET" else sign(request, portal.oem.key)
        changed_request = change(signed)
        return changed_request, send(changed_request)

    return bring


def _drafted(change: Callable[[Request], Request]) -> Callable[[Portal, Call], Exchange]:
    """Changed, then signed as it should be."""
    return lambda portal, call: portal.send(change(portal.draft(call)))


def _bytes(body: bytes) -> Callable[[Portal, Call], Exchange]:
    return lambda portal, call: portal.ask(call, body)


def _invalid(portal: Portal, call: Call) -> Exchange:
    if call.is_signed:
        return portal.ask(call, {"typo": 1})
    request = portal.draft(call)
    if call.query is None:
        return portal.send(request.put("Host", "elsewhere.example"))
    request.query = "limit=0&state=asleep"
    return portal.send(request)


def _suspended(portal: Portal, call: Call) -> Exchange:
    path = re.sub(r"{\w+}", str(uuid.uuid4()), call.path)
    partner = portal.new_partner()
    request = partner.draft(call.method, path, {})
    Partner.objects.filter(pk=partner.partner_id).update(status=Partner.Status.SUSPENDED)
    return portal.send(request, partner)


def _uncertified(portal: Portal, call: Call) -> Exchange:
    request = portal.draft(call)
    with override_settings(REQUIRE_CERTIFICATION=True):
        return portal.send(request)


def _narrow(portal: Portal, call: Call) -> Exchange:
    token = portal.oem.new_token("programs:read" if call.scope != "programs:read" else "devices:read")
    return portal.send(portal.draft(call).put("Authorization", f"Bearer {token}"))


def _too_large(portal: Portal, call: Call) -> Exchange:
    return portal.ask(call, b" " * (call.view.max_body + 1))


def _unknown_key(portal: Portal, call: Call) -> Exchange:
    request = sign(portal.draft(call), Key(str(uuid.uuid4()), "ed25519", Ed25519PrivateKey.generate()))
    return request, send(request)


def _stale(portal: Portal, call: Call) -> Exchange:
    request = sign(portal.draft(call), portal.oem.key, created=1)
    return request, send(request)


def _reused(portal: Portal, call: Call) -> Exchange:
    key = str(uuid.uuid4())
    assert portal.oem.enroll(enrollment(), key=key).status == 201
    return portal.send(portal.draft(call).put("Idempotency-Key", key))


OF_ALL: dict[str, Callable[[Portal, Call], Exchange]] = {
    "validation_failed": _invalid,
    "token_missing": _edit(lambda request: request.drop("Authorization")),
    "token_invalid": _edit(lambda request: request.put("Authorization", "Bearer none")),
    "partner_suspended": _suspended,
    "partner_not_certified": _uncertified,
    "scope_insufficient": _narrow,
    "malformed_json": _bytes(b"{not json"),
    "idempotency_key_missing": _edit(lambda request: request.drop("Idempotency-Key")),
    "payload_too_large": _too_large,
    "unsupported_media_type": _drafted(lambda request: request.put("Content-Type", "text/plain")),
    "signature_missing": _edit(lambda request: request.drop("Signature")),
    "signature_invalid": _edit(lambda request: request.put("Signature", "sig1=:AAAA:")),
    "signature_stale": _stale,
    "digest_mismatch": _edit(lambda request: request.put("Content-Digest", content_digest(b"another"))),
    "key_unknown": _unknown_key,
    "idempotency_key_reused": _reused,
}
