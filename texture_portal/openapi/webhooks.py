"""What the portal sends to partners' endpoints: the document's `webhooks`, made from the table of types."""

from typing import Any

from enrollments.states import State
from partners.webhooks.types import TYPES, VERSION, Family, Type
from texture_portal.openapi import commands, link_sessions
from texture_portal.openapi.examples import ENROLLED, MESSAGE, MESSAGE_KEY
from texture_portal.openapi.schema import INSTANT, TEXT, UUID, Schema, listed, nullable, one_of, said, whole
from texture_portal.openapi.schema import shape as reference
from texture_portal.openapi.shapes import ENROLLMENT

ENDPOINT = {
    "id": UUID,
    "url": TEXT,
    "eventTypes": listed(TEXT),
    "status": said("`disabled` once it answered 410, or by staff.", one_of(("enabled", "disabled"))),
    "disabledAt": nullable(INSTANT),
    "createdAt": INSTANT,
}
NOTICE = whole(
    **ENROLLMENT["properties"],
    previousState=said("Null where it is new.", nullable(one_of(State))),
    reason=said("Why, as a code.", TEXT),
)
NOTICE["properties"] |= {
    "reviewId": said("Of types about a review.", UUID),
    "message": said("What staff ask for, in words.", TEXT),
    "revokedAt": said("With `consent.revoked`.", INSTANT),
    "source": said("With `consent.revoked`: where the customer revoked.", TEXT),
    "expiresAt": said("With `consent.expiring`.", INSTANT),
    "evidenceRequestId": said("With `consent.evidence_requested`.", UUID),
    "dueAt": said("With `consent.evidence_requested`.", INSTANT),
}
# Without additions of our own to rooms that say themselves what their things look like.
OTHER: Schema = {"type": "object"}
DATA: dict[Family, Schema] = {
    Family.ENROLLMENT: reference("EnrollmentNotice"),
    Family.COMMAND: reference("Command"),
    Family.DEVICE: said("The device.", OTHER),
    Family.LINK_SESSION: reference("LinkSessionNotice"),
    Family.PARTNER: whole(partnerId=UUID, status={"const": "suspended"}, suspendedAt=INSTANT),
    Family.TEST: whole(endpointId=UUID, message=TEXT),
}
SHAPES: dict[str, Schema] = {
    "WebhookEndpoint": whole(**ENDPOINT),
    "NewWebhookEndpoint": whole(**ENDPOINT, secret=said("Shown in this answer only.", TEXT)),
    "WebhookEndpoints": whole(data=listed(reference("WebhookEndpoint")), nextCursor=nullable(TEXT)),
    "RemovedWebhookEndpoint": whole(id=UUID, deleted={"const": True}),
    "TestSent": whole(type={"const": "test"}, key=said("The message's, as its `webhook-id`.", UUID)),
    "EnrollmentNotice": NOTICE,
}


def _header(name: str, about: str, example: str) -> Schema:
    return {
        "name": name, "in": "header", "required": True, "description": about, "schema": TEXT, "example": example,
    }  # fmt: skip


PARAMETERS = {
    "WebhookId": _header("webhook-id", "The message's `key`: the same on every retry.", MESSAGE_KEY),
    "WebhookTimestamp": _header("webhook-timestamp", "When this attempt was made, in seconds of Unix.", "1777656000"),
    "WebhookSignature": _header(
        "webhook-signature",
        "One for each secret that signs, separated by spaces: HMAC-SHA256 over id, timestamp and body.",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
}
MORE_OF_EXAMPLES: dict[str, dict[str, Any]] = {
    "enrollment.created": {**ENROLLED, "previousState": None, "reason": "enrollment_received"},
    "enrollment.status_changed": MESSAGE["data"],  # type: ignore[dict-item]
    "link_session.completed": link_sessions.COMPLETED,
    "command.requested": commands.PENDING,
    "command.cancelled": commands.CANCELLED,
}


def _webhook(type: Type) -> dict[str, Any]:
    references = [{"$ref": f"#/components/parameters/{name}"} for name in PARAMETERS]
    body = whole(
        type={"const": type.name}, version={"const": VERSION}, key=UUID, timestamp=INSTANT, data=DATA[type.family]
    )
    content: dict[str, Any] = {"schema": body}
    if type.name in MORE_OF_EXAMPLES:
        content["example"] = {**MESSAGE, "type": type.name, "data": MORE_OF_EXAMPLES[type.name]}
    return {
        "post": {
            "operationId": f"on:{type.name}",
            "tags": ["Webhooks"],
            "summary": type.name,
            "description": type.about,
            "parameters": references,
            "requestBody": {"required": True, "content": {"application/json": content}},
            "responses": {
                "2XX": {"description": "It is taken. Anything else is tried again for 72 hours."},
                "410": {"description": "The endpoint is gone: it is disabled."},
            },
        }
    }


WEBHOOKS = {name: _webhook(type) for name, type in TYPES.items()}
