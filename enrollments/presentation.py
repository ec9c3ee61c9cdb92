"""Enrollments as the partner sees them (contract §3)."""

from datetime import datetime
from typing import Any

from enrollments.actions import required_actions
from enrollments.models import ReviewCase
from enrollments.overview import Overview
from enrollments.timeline import Moment
from programs.models import Program
from territories.models import Site, Utility
from territories.presentation import show_utility
from texture_portal.clock import to_wire


def show(shown: Overview) -> dict[str, Any]:
    """The enrollment on the wire."""
    enrollment, standing = shown.enrollment, shown.standing
    return {
        "id": str(enrollment.pk),
        "state": str(enrollment.state),
        "stateReason": enrollment.state_reason or None,
        "method": enrollment.method,
        "device": {
            "id": str(enrollment.device_id),
            "manufacturerDeviceId": enrollment.device.manufacturer_device_id,
            "type": enrollment.device.type,
            "serialNumber": enrollment.device.serial_number,
        },
        "site": _site(enrollment.site),
        "match": {
            "outcome": enrollment.match_outcome,
            "reason": enrollment.match.get("reason") or None,
            "candidates": enrollment.match.get("candidates", []),
        },
        "programs": [show_program(program) for program in shown.programs],
        "consent": {
            "status": standing.status,
            "grantedAt": _instant(standing.granted_at),
            "programTypes": list(standing.program_types),
            "sources": list(standing.paths),
        },
        "requiredActions": [
            {
                "code": action.code,
                "by": action.by,
                "description": action.description,
                "dueAt": _instant(action.due_at),
            }
            for action in required_actions(shown)
        ],
        "review": _review(shown.case),
        "createdAt": to_wire(enrollment.created_at),
        "updatedAt": to_wire(enrollment.updated_at),
    }


def show_moment(moment: Moment) -> dict[str, Any]:
    """One entry of the history. The partner learns who acted by role; staff are not named to it."""
    return {
        "at": to_wire(moment.at),
        "kind": moment.kind,
        "from": moment.before,
        "to": moment.after,
        "reason": moment.reason,
        "actor": moment.actor,
        "source": moment.source,
        "termsVersion": moment.terms_version,
    }


def show_program(program: Program) -> dict[str, Any]:
    return {"id": str(program.pk), "name": program.name, "type": program.type}


def show_cca(cca: Utility | None) -> dict[str, Any] | None:
    return None if cca is None else {"id": str(cca.pk), "name": cca.name}


def _site(site: Site) -> dict[str, Any]:
    return {
        "id": str(site.pk),
        "latitude": site.latitude,
        "longitude": site.longitude,
        "timezone": site.timezone or None,
        "accuracyMeters": site.accuracy_meters,
        "utility": show_utility(site.utility),
        "cca": show_cca(site.cca),
    }


def _review(case: ReviewCase | None) -> dict[str, Any] | None:
    if case is None:
        return None
    return {
        "id": str(case.pk),
        "reason": case.kind,
        "openedAt": to_wire(case.opened_at),
        "dueAt": to_wire(case.due_at),
    }


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else to_wire(instant)
