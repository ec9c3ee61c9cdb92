"""The certificate of a deletion: what was done, when and by whom, signed by the portal; it names no person (§9)."""

from collections.abc import Iterable, Mapping
from typing import Any

from enrollments.evidence import seals
from enrollments.models import DeletionRequest, Enrollment, RevocationDuty
from texture_portal.fingerprints import plain

FORMAT = "texture-deletion/1"


def make(request: DeletionRequest, *, enrollments: Iterable[Enrollment], counts: Mapping[str, int]) -> dict[str, Any]:
    held = list(enrollments)
    sections = {
        "about": _about(request),
        "erased": [{"what": what, "rows": rows} for what, rows in sorted(counts.items()) if rows],
        "told": [_told(each) for each in _duties(held)],
        "kept": {
            "what": "The facts of consents and states, in an audit chain that names no person, as evidence.",
            "until": plain(request.facts_kept_until),
            "chains": [_chain(each) for each in held],
        },
    }
    return seals.sealed(sections, form=FORMAT)


def faults(document: Any) -> list[str]:
    """What is wrong with it; nothing: it is whole, and this portal's own."""
    return seals.faults(document, form=FORMAT)


def as_file(document: dict[str, Any]) -> bytes:
    return seals.as_file(document)


def _about(request: DeletionRequest) -> dict[str, Any]:
    partner = request.customer.partner
    return {
        "requestId": str(request.pk),
        "customerId": str(request.customer_id),
        "partner": {"id": str(partner.pk), "name": partner.name},
        "via": request.via,
        "askedAt": plain(request.asked_at),
        "dueAt": plain(request.due_at),
        "begunAt": plain(request.begun_at),
        "doneAt": plain(request.done_at),
        "telemetry": request.telemetry,
    }


def _duties(enrollments: list[Enrollment]) -> list[RevocationDuty]:
    return list(RevocationDuty.objects.filter(enrollment__in=enrollments).order_by("opened_at", "pk"))


def _told(duty: RevocationDuty) -> dict[str, Any]:
    return {
        "enrollmentId": str(duty.enrollment_id),
        "what": duty.kind,
        "outcome": duty.outcome,
        "settledAt": plain(duty.settled_at),
    }


def _chain(enrollment: Enrollment) -> dict[str, Any]:
    return {
        "enrollmentId": str(enrollment.pk),
        "length": enrollment.ledger_length,
        "head": bytes(enrollment.ledger_head).hex(),
    }
