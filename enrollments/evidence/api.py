"""A partner's records of a consent: what it is asked for, and what it sends. An addition to the contract (§11.5)."""

from typing import Any, ClassVar
from uuid import UUID

from enrollments.evidence.documents import LARGEST_BODY, EvidenceRecordDocument, record_claim
from enrollments.evidence.records import take_record
from enrollments.models import Enrollment, EvidenceRecord, EvidenceRequest
from partners import evidence
from partners.pagination import PageQuery, page_of
from partners.views import Answer, Call, Effect, PartnerView
from texture_portal.clock import to_wire
from texture_portal.refusals import Refusal


class EvidenceRequestsView(PartnerView):
    scopes: ClassVar = {"GET": "enrollments:read"}

    def get(self, call: Call) -> Answer:
        asked = call.query_params(PageQuery)
        mine = EvidenceRequest.objects.filter(enrollment__partner=call.partner, answered_at__isnull=True)
        rows = list(mine.select_related("enrollment__device", "consent").order_by("due_at", "id"))
        return Answer(200, page_of(rows, limit=asked["limit"], cursor=asked["cursor"], shape=show_request))


class EvidenceView(PartnerView):
    scopes: ClassVar = {"GET": "enrollments:read", "POST": "enrollments:write"}
    max_body: ClassVar = LARGEST_BODY

    def get(self, call: Call, *, enrollment_id: UUID) -> Answer:
        enrollment = Enrollment.objects.filter(partner=call.partner, pk=enrollment_id).first()
        if enrollment is None:
            raise _unknown()
        asked = enrollment.evidence_requests.select_related("enrollment__device", "consent").order_by("asked_at", "id")
        records = enrollment.evidence_records.order_by("received_at", "id")
        body = {"requests": [show_request(each) for each in asked], "records": [show_record(each) for each in records]}
        return Answer(200, body)

    def post(self, call: Call, *, enrollment_id: UUID) -> Effect:
        claim = record_claim(call.read(EvidenceRecordDocument))

        def effect() -> Answer:
            held = Enrollment.objects.locked().filter(partner=call.partner, pk=enrollment_id).first()
            if held is None:
                raise _unknown()
            signed = evidence.signed_request(call, held.customer if held.customer.sealed_data_key else None)
            return Answer(201, show_record(take_record(held, claim, signed=signed, now=call.now, by=call.actor)))

        return effect


def show_request(asked: EvidenceRequest) -> dict[str, Any]:
    consent = asked.consent
    return {
        "id": str(asked.pk),
        "enrollmentId": str(asked.enrollment_id),
        "manufacturerDeviceId": asked.enrollment.device.manufacturer_device_id,
        "consent": {
            "grantedAt": to_wire(consent.granted_at),
            "source": consent.source,
            "termsVersion": consent.terms_version,
        },
        "message": asked.message or None,
        "requestedAt": to_wire(asked.asked_at),
        "dueAt": to_wire(asked.due_at),
        "answeredAt": to_wire(asked.answered_at) if asked.answered_at else None,
    }


def show_record(record: EvidenceRecord) -> dict[str, Any]:
    return {
        "id": str(record.pk),
        "requestId": str(record.request_id) if record.request_id else None,
        "method": record.method,
        "receivedAt": to_wire(record.received_at),
    }


def _unknown() -> Refusal:
    return Refusal("not_found", "You have no enrollment of this id.")
