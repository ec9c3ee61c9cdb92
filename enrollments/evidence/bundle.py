"""The evidence of one enrollment in one document that proves itself; docs/evidence.md says how to verify it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from enrollments.audit import breaks, one_snapshot
from enrollments.evidence import seals, sections
from enrollments.evidence.access import note_access
from enrollments.evidence.checkpoints import checkpoints_of
from enrollments.evidence.originals import records, requests
from enrollments.models import Enrollment, EvidenceAccess
from enrollments.terms import terms_agreed_to
from texture_portal.actors import Actor
from texture_portal.fingerprints import plain

FORMAT = "texture-evidence/1"
MOST_CHECKPOINTS = 12  # the newest covers all entries but those of its day; older ones only date them


@dataclass(frozen=True, slots=True)
class Bundle:
    enrollment_id: UUID
    document: dict[str, Any]

    @property
    def name(self) -> str:
        return f"evidence-{self.enrollment_id}"

    def as_file(self) -> bytes:
        return seals.as_file(self.document)


def export(enrollment_id: UUID, *, what: EvidenceAccess.What, now: datetime, by: Actor, reason: str = "") -> Bundle:
    """Opens everything of this enrollment. Who asked, when and why is on record first."""
    enrollment = Enrollment.objects.get(pk=enrollment_id)
    note_access(enrollment, what=what, now=now, by=by, reason=reason)
    with one_snapshot():
        return Bundle(enrollment_id, seals.sealed(_sections(enrollment_id, now=now, by=by, reason=reason), form=FORMAT))


def _sections(enrollment_id: UUID, *, now: datetime, by: Actor, reason: str) -> dict[str, Any]:
    enrollment = Enrollment.objects.select_related("partner", "customer", "device").get(pk=enrollment_id)
    entries = sections.entries_of(enrollment)
    known = terms_agreed_to(enrollment)
    agreed = {str(getattr(entry, "terms_version", "")) for entry in entries}
    terms = [each for version in sorted(agreed & known.keys()) for each in known[version]]
    return {
        "about": _about(enrollment, now=now, by=by, reason=reason),
        "consents": sections.consents(entries, customer=enrollment.customer, terms=known),
        "states": sections.states(entries, customer=enrollment.customer),
        "chain": sections.chain(entries),
        "requests": requests(enrollment, entries),
        "records": records(enrollment),
        "terms": sections.texts(terms),
        "checkpoints": checkpoints_of(enrollment.pk, most=MOST_CHECKPOINTS),
        "findings": [str(each) for each in breaks(enrollment_id=enrollment_id)],
    }


def _about(enrollment: Enrollment, *, now: datetime, by: Actor, reason: str) -> dict[str, Any]:
    device, customer = enrollment.device, enrollment.customer
    return {
        "exportedAt": plain(now),
        "exportedBy": by.name,
        "exportedThrough": by.channel,
        "exportedFor": reason,
        "enrollmentId": str(enrollment.pk),
        "state": enrollment.state,
        "stateReason": enrollment.state_reason,
        "method": enrollment.method,
        "createdAt": plain(enrollment.created_at),
        "partner": {"id": str(enrollment.partner_id), "name": enrollment.partner.name},
        "customer": {
            "id": str(customer.pk),
            "referenceId": customer.reference_id,
            "erasedAt": plain(customer.erased_at),
        },
        "device": {
            "id": str(device.pk),
            "manufacturerDeviceId": device.manufacturer_device_id,
            "serialNumber": device.serial_number,
            "manufacturer": device.manufacturer,
            "model": device.model,
            "type": device.type,
        },
        "chainLength": enrollment.ledger_length,
        "chainHead": bytes(enrollment.ledger_head).hex(),
    }
