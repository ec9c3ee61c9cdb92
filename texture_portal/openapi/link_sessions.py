"""Link sessions in the document: their shape and examples."""

from typing import Any

from enrollments.models import LinkSession
from texture_portal.openapi.problems import ENROLLMENT_ID
from texture_portal.openapi.schema import INSTANT, TEXT, UUID, Schema, nullable, one_of, said, whole

TOLD: dict[str, Schema] = {
    "id": UUID,
    "state": one_of(LinkSession.State.values),
    "enrollmentId": said("The one that is to be linked, or that came of it.", nullable(UUID)),
    "fault": said("What the end user ran into last, as a code; null where nothing.", nullable(TEXT)),
    "createdAt": INSTANT,
    "expiresAt": INSTANT,
}
SHAPES: dict[str, Schema] = {
    "LinkSession": whole(url=said("Where to send the customer.", {"type": "string", "format": "uri"}), **TOLD),
    "LinkSessionNotice": whole(**TOLD),
}
TO_SEND: dict[str, Any] = {
    "enrollmentId": ENROLLMENT_ID,
    "redirectUrl": "https://app.acme.example/linked",
    "language": "es",
    "customer": {"referenceId": "cust-81"},
}
SESSION_ID = "0199d0e0-4a21-7f03-9d11-5c6b7a8f9e01"
COMPLETED: dict[str, Any] = {
    "id": SESSION_ID,
    "state": "completed",
    "enrollmentId": ENROLLMENT_ID,
    "fault": None,
    "createdAt": "2026-05-01T17:05:12.480113Z",
    "expiresAt": "2026-05-01T18:05:12.480113Z",
}
MADE: dict[str, Any] = {
    **COMPLETED,
    "url": f"https://portal.example/link/s/{SESSION_ID}/5f1d0c9be2a74c6688d3f0a17be25c94/",
    "state": "created",
}
