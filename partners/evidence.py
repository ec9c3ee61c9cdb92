"""The raw signed request kept as evidence, sealed under its customer's key (§11.5), and verifying it again."""

import base64
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from partners import signatures
from partners.calls import Call
from partners.digests import check_content_digest
from partners.models import Customer, SignedRequest
from partners.signatures import VerifiedSignature
from texture_portal import vault
from texture_portal.ids import new_id
from texture_portal.refusals import Refusal

ALWAYS_KEPT = ("signature", "signature-input", "content-digest", "idempotency-key")


class EvidenceBrokenError(Exception):
    """What is kept is not what was signed."""


def signed_request(call: Call, customer: Customer | None, *, body: bytes | None = None) -> SignedRequest:
    """The request as it came, as a row to be written. `body` is a batch item's own part: the batch's signature
    covers the whole, which holds other customers too, so an item is kept as verified at receipt.

    `customer` is None where the request is about nobody that the portal knows.
    """
    key, signature = call.signing_key, call.signature
    if key is None or signature is None:
        raise ValueError("the request was not signed")
    provable = body is None and key.algorithm != key.Algorithm.HMAC_SHA256
    evidence_id = new_id()
    message = json.dumps(_message(call, signature, call.body if body is None else body)).encode()
    place = place_of(evidence_id)
    sealed = vault.seal(message, place=place) if customer is None else customer.seal(message, place=place)
    kept = SignedRequest(
        id=evidence_id,
        customer=customer,
        request_id=call.request_id,
        received_at=call.now,
        signature_created_at=signature.created,
        signing_key=key,
        algorithm=key.algorithm,
        public_key_pem=key.public_key_pem,
        proof=SignedRequest.Proof.SIGNATURE if provable else SignedRequest.Proof.RECEIPT,
        covered=list(signature.covered),
        sealed_message=sealed,
    )
    kept.digest = kept.compute_digest()
    return kept


def uploaded_row(
    customer: Customer, *, row_id: UUID, body: bytes, source: dict[str, str], uploaded_at: datetime, now: datetime
) -> SignedRequest:
    """One row of a file that staff uploaded, in place of a signed request: `source` says of which file (its
    `digest` by SHA-256), which row, and who uploaded it. The rest of the file is of other customers, so it is not kept.
    """
    evidence_id = new_id()
    message = {
        "method": "UPLOAD",
        "scheme": "",
        "authority": "",
        "target": f"file/{source['digest']}/row/{source['row']}",
        "headers": source,
        "body": base64.b64encode(body).decode(),
    }
    sealed = customer.seal(json.dumps(message).encode(), place=place_of(evidence_id))
    kept = SignedRequest(
        id=evidence_id,
        customer=customer,
        request_id=row_id,
        received_at=now,
        signature_created_at=uploaded_at,
        signing_key=None,
        proof=SignedRequest.Proof.FILE,
        sealed_message=sealed,
    )
    kept.digest = kept.compute_digest()
    return kept


def reverify(evidence: SignedRequest) -> SignedRequest.Proof:
    """What the evidence proves today, from what is kept in it alone; raises `EvidenceBrokenError`.

    A receipt proves only that the sealed message is what was sealed: its signature cannot be verified again.
    """
    if evidence.compute_digest() != bytes(evidence.digest):
        raise EvidenceBrokenError(f"{evidence.id} does not have its digest")
    kept = opened(evidence)
    if evidence.proof == SignedRequest.Proof.SIGNATURE:
        _verify_again(evidence, kept)
    return SignedRequest.Proof(evidence.proof)


def opened(evidence: SignedRequest) -> dict[str, Any]:
    """`method`, `scheme`, `authority`, `target`, `headers`, and `body` as bytes."""
    place, sealed = place_of(evidence.id), evidence.sealed_message
    customer = evidence.customer
    plain = vault.open_sealed(sealed, place=place) if customer is None else customer.open(sealed, place=place)
    message: dict[str, Any] = json.loads(plain)
    return message | {"body": base64.b64decode(message["body"])}


def _verify_again(evidence: SignedRequest, kept: dict[str, Any]) -> None:
    message = signatures.request_message(
        method=kept["method"],
        scheme=kept["scheme"],
        authority=kept["authority"],
        target=kept["target"],
        headers=kept["headers"].items(),
    )
    try:
        check_content_digest(message.headers.get("content-digest"), kept["body"])
        claim = signatures.read(message.headers, required=signatures.ALWAYS_COVERED)
        signatures.verify(claim, message, algorithm=evidence.algorithm, material=evidence.public_key_pem)
    except Refusal as refusal:
        raise EvidenceBrokenError(f"{evidence.id}: {refusal.detail}") from refusal


def _message(call: Call, signature: VerifiedSignature, body: bytes) -> dict[str, Any]:
    headers, derived = call.message.headers, call.message.derived
    kept = {*ALWAYS_KEPT, *(name for name in signature.covered if not name.startswith("@"))}
    return {
        "method": derived["@method"],
        "scheme": derived["@scheme"],
        "authority": derived["@authority"],
        "target": derived["@request-target"],
        "headers": {name: headers[name] for name in sorted(kept & headers.keys())},
        "body": base64.b64encode(body).decode(),
    }


def place_of(evidence_id: object) -> str:
    return f"signed-request:{evidence_id}"
