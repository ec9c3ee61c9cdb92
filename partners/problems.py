"""Refusals on the wire: `application/problem+json` (RFC 9457), by the one table of the contract's codes (§7)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from texture_portal.refusals import Fault, Refusal

CONTENT_TYPE = "application/problem+json"
MOST_FAULTS = 1000  # a document may hold a million; nobody reads on


@dataclass(frozen=True, slots=True)
class Problem:
    """`remedy` tells a partner's developer what to do; `kept` answers are replayed for their idempotency key (§2.4)."""

    category: str
    status: int
    title: str
    remedy: str
    retry_after: int | None = None
    kept: bool = False


PROBLEMS = {
    # -- validation --
    "malformed_json": Problem(
        "validation", 400, "The body is not well-formed JSON",
        "Send one JSON object in UTF-8, nested at most 32 deep, no name twice in an object.",
    ),
    "validation_failed": Problem(
        "validation", 400, "Fields are missing or invalid", "Correct every fault that `errors` points at."
    ),
    "idempotency_key_missing": Problem(
        "validation", 400, "Idempotency-Key is absent or malformed",
        "Send a new Idempotency-Key of 1 to 255 visible ASCII characters with every new POST and PATCH.",
    ),
    "method_not_allowed": Problem(
        "validation", 405, "The method is not allowed here", "Use one of the methods that the Allow header lists."
    ),
    "payload_too_large": Problem(
        "validation", 413, "The body is too large", "Send at most 1 MiB; a batch at most 4 MiB, telemetry 16 MiB."
    ),
    "unsupported_media_type": Problem(
        "validation", 415, "The content type is not taken", "Send application/json in UTF-8, not compressed."
    ),
    # -- authentication --
    "token_missing": Problem(
        "authentication", 401, "No bearer token", "Send `Authorization: Bearer` with a token from /oauth/token/."
    ),
    "token_invalid": Problem(
        "authentication", 401, "The bearer token is not valid", "Get a new token; one lives 3,600 seconds."
    ),
    "signature_missing": Problem(
        "authentication", 401, "The request is not signed", "Sign every request other than GET by RFC 9421."
    ),
    "signature_invalid": Problem(
        "authentication", 401, "The signature is not valid",
        "Cover the components of the contract, and sign exactly what is sent.",
    ),
    "signature_stale": Problem(
        "authentication", 401, "The signature is too old or from the future",
        "Sign when sending, by a clock that is right: at most 300 seconds before and 30 after the server's.",
    ),
    "digest_mismatch": Problem(
        "authentication", 401, "Content-Digest is absent or wrong",
        "Send Content-Digest (sha-256 or sha-512) over the exact bytes of the body, an empty one too.",
    ),
    "key_unknown": Problem(
        "authentication", 401, "The signing key is not an active key of this partner",
        "Sign with a key that is yours, has begun and is neither expired nor revoked.",
    ),
    # -- authorization --
    "scope_insufficient": Problem(
        "authorization", 403, "The token lacks the scope", "Ask for a token with the scope that the detail names."
    ),
    "partner_suspended": Problem(
        "authorization", 403, "The partner is suspended",
        "Ask the portal's staff; consent.revoked and device.decommissioned are still taken.",
    ),
    "partner_not_certified": Problem(
        "authorization", 403, "The partner is not certified", "Pass the certification first."
    ),
    "manufacturer_not_allowed": Problem(
        "authorization", 403, "Devices of this maker are not this partner's to enroll",
        "Enroll the makers that were agreed, or have the list extended.",
    ),
    # -- not found --
    "not_found": Problem("not_found", 404, "There is no such thing", "Check the path and the identifier."),
    # -- conflict --
    "enrollment_exists": Problem(
        "conflict", 409, "The device is enrolled already", "Use the enrollment that `enrollmentId` names.", kept=True
    ),
    "device_enrolled_elsewhere": Problem(
        "conflict", 409, "The device is enrolled elsewhere",
        "Have its owner leave the other enrollment, or ask the portal's staff.", kept=True,
    ),
    "state_conflict": Problem(
        "conflict", 409, "The state does not allow this", "Read the object anew and decide again.", kept=True
    ),
    "request_in_progress": Problem(
        "conflict", 409, "The same request is still running", "Send it again, unchanged, after Retry-After.", 2
    ),
    "idempotency_key_reused": Problem(
        "conflict", 422, "The Idempotency-Key belongs to another request", "Use a new key for a new request."
    ),
    # -- territory --
    "territory_unsupported": Problem(
        "territory", 422, "No supported utility serves the address", "Nothing: the portal does not reach there.",
        kept=True,
    ),
    "location_invalid": Problem(
        "territory", 422, "The address cannot be located", "Correct the address and send it under a new key.",
        kept=True,
    ),
    # -- consent --
    "consent_stale": Problem(
        "consent", 422, "Consent is older than 90 days", "Ask the customer again.", kept=True
    ),
    "consent_in_future": Problem(
        "consent", 422, "Consent was granted in the future", "Send the time at which the customer agreed.", kept=True
    ),
    "consent_scope_empty": Problem(
        "consent", 422, "Consent names no program type", "Name at least one program type that was agreed to.",
        kept=True,
    ),
    "consent_revoked": Problem(
        "consent", 422, "Consent was revoked later than it was granted",
        "Only a consent granted after the revocation counts: ask the customer again.", kept=True,
    ),
    # -- rate limit and server --
    "rate_limited": Problem("rate_limit", 429, "Too many requests", "Wait for Retry-After, then send again.", 1),
    "internal_error": Problem(
        "server", 500, "The portal failed", "Send it again, unchanged; if it stays, tell us the requestId.", 30
    ),
    "unavailable": Problem("server", 503, "The portal is not available now", "Send it again, unchanged.", 5),
}  # fmt: skip

FAULTS = {
    "required": "The field is required and is not there.",
    "invalid": "The value has the wrong type or form.",
    "unknown_field": "There is no such field here; a typo must not silently drop anything.",
    "out_of_range": "The value is beyond its limits.",
}


def is_kept(refusal: Refusal) -> bool:
    return PROBLEMS[refusal.code].kept


def document(refusal: Refusal, *, base: str, request_id: UUID) -> dict[str, Any]:
    """`base` is the portal's own origin, such as `https://portal.example`."""
    problem = PROBLEMS[refusal.code]
    return {
        "type": f"{base}/docs/errors#{refusal.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": refusal.detail,
        "code": refusal.code,
        "category": problem.category,
        "requestId": str(request_id),
        "errors": [_error(fault) for fault in refusal.faults[:MOST_FAULTS]],
        **refusal.more,
    }


def headers(refusal: Refusal) -> dict[str, str]:
    problem = PROBLEMS[refusal.code]
    made = {"Content-Type": CONTENT_TYPE}
    if problem.status == 401:
        made["WWW-Authenticate"] = "Bearer"
    if problem.retry_after is not None:
        made["Retry-After"] = str(problem.retry_after)
    return made


def _error(fault: Fault) -> dict[str, Any]:
    error: dict[str, Any] = {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}
    return error | {"suggestions": list(fault.suggestions)} if fault.suggestions else error
