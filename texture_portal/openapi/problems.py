"""Refusals as the document shows them: an example per code, and for each call those that it can give."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any
from uuid import UUID

from partners import problems
from partners.problems import PROBLEMS
from texture_portal.openapi.schema import Schema, shape
from texture_portal.refusals import Fault, Refusal, refuse

PORTAL = "https://portal.example"
REQUEST_ID = UUID("0199d0c1-6a3f-7c52-9d43-0e1f2a3b4c5d")
ENROLLMENT_ID = "0199d0c0-15e2-7a31-b0aa-5e4d3c2b1a09"

OF_EVERY_CALL = (
    "validation_failed", "token_missing", "token_invalid", "partner_suspended", "partner_not_certified",
    "scope_insufficient", "rate_limited", "internal_error", "unavailable",
)  # fmt: skip
OF_SIGNED_CALLS = (
    "malformed_json", "payload_too_large", "signature_missing", "signature_invalid", "signature_stale",
    "digest_mismatch", "key_unknown",
)  # fmt: skip
OF_KEYED_CALLS = (
    "idempotency_key_missing", "unsupported_media_type", "request_in_progress", "idempotency_key_reused",
)  # fmt: skip
OF_CONSENT = ("consent_stale", "consent_in_future", "consent_scope_empty", "consent_revoked")
OF_TERRITORY = ("territory_unsupported", "location_invalid")
OF_ENROLLING = (
    "manufacturer_not_allowed", "enrollment_exists", "device_enrolled_elsewhere", *OF_CONSENT, *OF_TERRITORY,
)  # fmt: skip

RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
CHALLENGE = {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}}

# Refusals that say more than their title.
TELLING = {
    refusal.code: refusal
    for refusal in (
        Refusal(
            "validation_failed",
            "The request has 2 faults; `errors` points at each.",
            (
                Fault("/device/serialNumber", "required", "This field is required."),
                Fault("/device/serial", "unknown_field", "There is no such field here."),
            ),
        ),
        Refusal("malformed_json", "Expecting property name enclosed in double quotes (line 1, column 2)."),
        Refusal("scope_insufficient", "The token lacks the scope enrollments:write."),
        refuse(
            "manufacturer_not_allowed",
            "You enroll devices of these makers: Acme Energy.",
            pointer="/device/manufacturer",
        ),
        Refusal(
            "enrollment_exists",
            "The device has an open enrollment (enrolled).",
            (Fault("/device/manufacturerDeviceId", "enrollment_exists", "The device has an open enrollment."),),
            more={"enrollmentId": ENROLLMENT_ID},
        ),
        refuse(
            "territory_unsupported",
            "No utility that serves homes has a territory within 2.4 km of this place.",
            pointer="/site/address",
        ),
        refuse("location_invalid", "There is no ZIP code 00000.", pointer="/site/address/postalCode"),
        refuse(
            "consent_stale",
            "The consent of 2026-01-02T03:04:05Z is over 90 days old: obtain a fresh one.",
            pointer="/consent/grantedAt",
        ),
        refuse(
            "consent_in_future",
            "The consent is dated 2027-01-02T03:04:05Z, which is yet to come.",
            pointer="/consent/grantedAt",
        ),
        refuse("consent_scope_empty", "The consent names no program type.", pointer="/consent/programTypes"),
        refuse(
            "consent_revoked",
            "The customer revoked at 2026-05-01T00:00:00Z: only a consent granted later counts.",
            pointer="/consent/grantedAt",
        ),
    )
}


def example_of(code: str) -> Schema:
    refusal = TELLING.get(code) or Refusal(code, f"{PROBLEMS[code].title}.")
    return problems.document(refusal, base=PORTAL, request_id=REQUEST_ID)


def examples() -> dict[str, Schema]:
    return {
        code: {"summary": problem.title, "description": problem.remedy, "value": example_of(code)}
        for code, problem in PROBLEMS.items()
    }


def responses(codes: Iterable[str]) -> dict[str, Schema]:
    """By status, each with the codes that it can carry."""
    in_order = sorted(set(codes), key=lambda code: (PROBLEMS[code].status, list(PROBLEMS).index(code)))
    by_status = groupby(in_order, key=lambda code: PROBLEMS[code].status)
    return {str(status): response(list(group)) for status, group in by_status}


def response(codes: list[str]) -> Schema:
    told = [PROBLEMS[code] for code in codes]
    headers: dict[str, Any] = {"X-Request-ID": {"$ref": "#/components/headers/X-Request-ID"}}
    if any(problem.status == 401 for problem in told):
        headers |= CHALLENGE
    if all(problem.status != 401 for problem in told):  # before anybody knows who calls, there is no limit
        headers |= {name: {"$ref": f"#/components/headers/{name}"} for name in ("RateLimit-Policy", "RateLimit")}
    if any(problem.retry_after is not None for problem in told):
        headers |= RETRY_AFTER
    if any(problem.kept for problem in told):
        headers["Idempotent-Replayed"] = {"$ref": "#/components/headers/Idempotent-Replayed"}
    return {
        "description": "; ".join(f"`{code}`" for code in codes),
        "headers": headers,
        "content": {
            problems.CONTENT_TYPE: {
                "schema": {"allOf": [shape("Problem"), {"properties": {"code": {"enum": codes}}}]},
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        },
    }
