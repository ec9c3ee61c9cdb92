"""Planned maintenance in the document: its shape and examples."""

from typing import Any

from partners.models import Maintenance
from texture_portal.actors import Role
from texture_portal.openapi.schema import INSTANT, TEXT, UUID, Schema, listed, nullable, one_of, said, shape, whole

BY = one_of((Role.PARTNER, Role.STAFF, Role.SYSTEM))
SHAPES: dict[str, Schema] = {
    "Maintenance": whole(
        id=UUID,
        what=TEXT,
        startsAt=INSTANT,
        endsAt=INSTANT,
        status=one_of(Maintenance.Standing),
        excluded=said(
            "Announced 48 hours ahead, so that it is left out of your scorecard (§7.1).", {"type": "boolean"}
        ),
        announcedAt=INSTANT,
        announcedBy=BY,
        withdrawnAt=nullable(INSTANT),
        withdrawnBy=nullable(BY),
    ),
    "Maintenances": whole(data=listed(shape("Maintenance")), nextCursor=nullable(TEXT)),
}
TO_SEND: dict[str, Any] = {
    "what": "Our telemetry API moves to a new database.",
    "startsAt": "2026-05-09T02:00:00Z",
    "endsAt": "2026-05-09T04:00:00Z",
}
MAINTENANCE_ID = "0199d0f0-7b31-7a52-8c05-1f2e3d4c5b6a"
ANNOUNCED: dict[str, Any] = {
    "id": MAINTENANCE_ID,
    **TO_SEND,
    "status": "announced",
    "excluded": True,
    "announcedAt": "2026-05-01T17:05:12.480113Z",
    "announcedBy": "partner",
    "withdrawnAt": None,
    "withdrawnBy": None,
}
WITHDRAWN: dict[str, Any] = {
    **ANNOUNCED,
    "status": "withdrawn",
    "excluded": False,
    "withdrawnAt": "2026-05-03T09:00:00Z",
    "withdrawnBy": "partner",
}
