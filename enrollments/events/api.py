"""`POST /v1/events` and `GET /v1/events/{id}` (contract §4)."""

from typing import Any, ClassVar
from urllib.parse import quote

from django.http import HttpRequest

from enrollments.events import inbox
from enrollments.events.documents import EventDocument, report_of
from enrollments.events.kinds import KINDS
from enrollments.models import PartnerEvent
from partners import documents, evidence
from partners.arrivals import peek_body
from partners.calls import Holding
from partners.views import Answer, Call, Effect, PartnerView
from texture_portal.clock import to_wire
from texture_portal.refusals import Refusal


class EventsView(PartnerView):
    scopes: ClassVar = {"POST": "events:write"}

    def takes_always(self, request: HttpRequest) -> bool:
        try:
            document = documents.parse(peek_body(request, limit=self.max_body))
        except Refusal:
            return False
        named = document.get("type") if isinstance(document, dict) else None
        return isinstance(named, str) and named in KINDS and KINDS[named].taken_always

    def post(self, call: Call) -> Effect:
        report = report_of(call.read(EventDocument, now=call.now), document=call.json())
        inbox.check_known(report, partner=call.partner)
        found = report.kind.look(report.data)

        def effect() -> Answer:
            event, new = inbox.take(
                report,
                partner=call.partner,
                found=found,
                evidence=lambda customer: evidence.signed_request(call, customer),
                request_id=call.request_id,
                now=call.now,
                by=call.actor,
            )
            place = {"Location": f"/v1/events/{quote(event.event_id, safe='')}"}
            return Answer(202 if new else 200, show(event), place)

        return Holding(inbox.names(report, partner=call.partner), effect)


class EventView(PartnerView):
    scopes: ClassVar = {"GET": "events:read"}

    def get(self, call: Call, *, event_id: str) -> Answer:
        event = PartnerEvent.objects.filter(partner=call.partner, event_id=event_id).first()
        if event is None:
            raise Refusal("not_found", "You have sent no event of this id.")
        times = {"receivedAt": event.received_at, "processedAt": event.processed_at}
        return Answer(200, show(event) | {name: at and to_wire(at) for name, at in times.items()})


def show(event: PartnerEvent) -> dict[str, Any]:
    """`enrollmentState` is the state that the event led to."""
    return {
        "id": event.event_id,
        "status": event.status,
        "enrollmentId": str(event.enrollment_id) if event.enrollment_id else None,
        "enrollmentState": event.enrollment_state or None,
    }
