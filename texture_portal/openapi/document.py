"""The OpenAPI 3.1 document of the portal (contract §10), put together from the table of calls."""

import re
from typing import Any

from partners.limits import Category, limit_of
from partners.scopes import SCOPES
from texture_portal.openapi import around, commands, device_examples, link_sessions, maintenance, problems, webhooks
from texture_portal.openapi.calls.call import Answer, Call
from texture_portal.openapi.calls.table import CALLS
from texture_portal.openapi.examples import ENDPOINT
from texture_portal.openapi.requests import query_parameters, reference, schemas_of
from texture_portal.openapi.schema import shape
from texture_portal.openapi.shapes import SHAPES

ABOUT = """\
Partners (OEMs and TPDOs) enroll home energy devices in the grid programs of utilities.

Every request carries a bearer token; every request other than GET is signed besides (RFC 9421) and carries
`Content-Digest` (RFC 9530). Every POST and PATCH carries an `Idempotency-Key`. Refusals are `application/problem+json`
(RFC 9457), one code each; `errors` points at every fault. The guides are under `/docs/`."""
SIGNATURE = """\
HTTP Message Signatures (RFC 9421): exactly one, by one of your active keys (`keyid`), over at least `"@method"`,
`"@authority"`, `"@path"`, `"content-digest"`, on POST and PATCH `"idempotency-key"`, and `"@query"` where there is one;
`created` within 300 seconds. Algorithms: `ed25519`, `ecdsa-p256-sha256`, `hmac-sha256`. See `/docs/signing`."""

TAGS = (
    "Enrollments",
    "Eligibility",
    "Events",
    "Evidence",
    "Linking",
    "Devices",
    "Telemetry",
    "Commands",
    "Programs",
    "Maintenance",
    "Webhooks",
    "Tokens",
    "Health",
    "Documentation",
)

LIMIT = limit_of(Category.ENROLLMENT, devices=0, raised={})
HEADERS = {
    "X-Request-ID": {
        "description": "This answer's own id: name it when you write to us.",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    },
    "Location": {"description": "Where it is.", "required": True, "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "`true` where this is the first answer again, byte for byte.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "RateLimit-Policy": {
        "description": "How many requests in how many seconds, by category. See `/docs/rate-limits`.",
        "schema": {"type": "string"},
        "example": LIMIT.policy,
    },
    "RateLimit": {
        "description": "How many are left, and in how many seconds all are back.",
        "schema": {"type": "string"},
        "example": LIMIT.state(LIMIT.burst - 1),
    },
}


def _header(name: str, about: str, example: str, *, pattern: str | None = None) -> dict[str, Any]:
    schema = {"type": "string"} if pattern is None else {"type": "string", "pattern": pattern}
    return {
        "name": name, "in": "header", "required": True, "description": about, "schema": schema, "example": example,
    }  # fmt: skip


PARAMETERS = {
    "IdempotencyKey": _header(
        "Idempotency-Key",
        "A key of your own for this request. The same key and bytes again give the first answer again.",
        "order-4711",
        pattern="^[!-~]{1,512}$",
    ),
    "ContentDigest": _header(
        "Content-Digest",
        "`sha-256` or `sha-512` over the body (RFC 9530), an empty one too.",
        "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:",
    ),
    "SignatureInput": _header(
        "Signature-Input",
        "What the signature covers, and by which key (RFC 9421).",
        'sig1=("@method" "@authority" "@path" "content-digest" "idempotency-key");created=1777655000;keyid="…"',
    ),
    "Signature": _header("Signature", "The signature itself (RFC 9421).", "sig1=:MEUCIQDx…:"),
    "enrollmentId": {
        "name": "enrollmentId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
        "example": problems.ENROLLMENT_ID,
    },
    "endpointId": {
        "name": "endpointId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
        "example": ENDPOINT["id"],
    },
    "commandId": {
        "name": "commandId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
        "example": commands.COMMAND_ID,
    },
    "maintenanceId": {
        "name": "maintenanceId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
        "example": maintenance.MAINTENANCE_ID,
    },
    "sessionId": {
        "name": "sessionId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
        "example": link_sessions.SESSION_ID,
    },
    "eventId": {
        "name": "eventId",
        "in": "path",
        "required": True,
        "description": "The id that you gave the event.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "example": "evt-1",
    },
    "deviceId": {
        "name": "deviceId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
        "example": device_examples.DEVICE_ID,
    },
}


def document(origin: str) -> dict[str, Any]:
    """`origin` is where the portal is reached, such as `https://portal.example`."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Texture enrollment portal: partner API", "version": "1", "description": ABOUT},
        "servers": [{"url": origin}],
        "tags": [{"name": name} for name in TAGS],
        "paths": {**_paths(), **around.PATHS},
        "webhooks": webhooks.WEBHOOKS,
        "components": {
            "schemas": {
                **SHAPES,
                **webhooks.SHAPES,
                **schemas_of(*[call.body for call in CALLS if call.body is not None]),
            },
            "examples": problems.examples(),
            "parameters": {**PARAMETERS, **webhooks.PARAMETERS},
            "headers": HEADERS,
            "responses": {"MethodNotAllowed": problems.response(["method_not_allowed"])},
            "securitySchemes": _security_schemes(origin),
        },
    }


def _security_schemes(origin: str) -> dict[str, Any]:
    token = {"tokenUrl": f"{origin}/oauth/token/", "scopes": SCOPES}
    return {
        "oauth2": {
            "type": "oauth2",
            "description": "Client credentials; a token lives 3,600 seconds. See `/docs/authentication`.",
            "flows": {"clientCredentials": token},
        },
        "httpSignature": {"type": "apiKey", "in": "header", "name": "Signature", "description": SIGNATURE},
        "clientSecret": {"type": "http", "scheme": "basic", "description": "Client id and secret."},
    }


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call)
    return paths


def _operation(call: Call) -> dict[str, Any]:
    security: dict[str, list[str]] = {"oauth2": [call.scope]} | ({"httpSignature": []} if call.is_signed else {})
    operation = {
        "operationId": call.name,
        "tags": [call.group],
        "summary": call.summary,
        "description": call.about,
        "security": [security],
        "parameters": _parameters(call),
        "requestBody": _body(call),
        "responses": {
            **{str(status): _response(call, answer) for status, answer in sorted(call.answers.items())},
            **problems.responses(call.all_codes),
        },
    }
    return {name: value for name, value in operation.items() if value}


def _parameters(call: Call) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", call.path)
    names += ["IdempotencyKey"] if call.is_keyed else []
    names += ["ContentDigest", "SignatureInput", "Signature"] if call.is_signed else []
    in_query = query_parameters(call.query) if call.query else []
    return [*[{"$ref": f"#/components/parameters/{name}"} for name in names], *in_query]


def _body(call: Call) -> dict[str, Any] | None:
    if call.body is None:
        return None
    content = {"schema": reference(call.body), "example": call.sent}
    return {"required": True, "content": dict.fromkeys(call.view.content_types, content)}


def _response(call: Call, answer: Answer) -> dict[str, Any]:
    headers = ["X-Request-ID", "RateLimit-Policy", "RateLimit"]
    headers += ["Location"] if answer.names_place else []
    headers += ["Idempotent-Replayed"] if call.is_keyed else []
    return {
        "description": answer.about,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {"application/json": {"schema": shape(answer.shape), "example": answer.example}},
    }
