"""Link sessions as the partner sees them (contract §3)."""

from datetime import datetime
from typing import Any

from enrollments.linking.sessions import mac
from enrollments.models import LinkSession
from texture_portal.clock import to_wire


def show(session: LinkSession, *, origin: str, now: datetime) -> dict[str, Any]:
    return {"url": f"{origin}{path_of(session)}", **told(session, now=now)}


def told(session: LinkSession, *, now: datetime) -> dict[str, Any]:
    """Without its address. `enrollmentId` is the one that was asked for, or that came of it; `fault` what the end user
    ran into last.
    """
    enrollment_id = session.linked[0] if session.linked else session.enrollment_id
    return {
        "id": str(session.pk),
        "state": session.state_at(now=now),
        "enrollmentId": None if enrollment_id is None else str(enrollment_id),
        "fault": session.fault or None,
        "createdAt": to_wire(session.created_at),
        "expiresAt": to_wire(session.expires_at),
    }


def path_of(session: LinkSession) -> str:
    return f"/link/s/{session.pk}/{mac(session.pk)}/"
