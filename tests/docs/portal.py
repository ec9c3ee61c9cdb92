"""A portal to ask: two partners that onboarded, what each call can be asked about, and the judgement of an answer."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contract import grid
from contract.client import Answer, Client, send
from contract.payloads import ago, consent, endpoint, enrollment, event, planned
from contract.signing import Request, sign
from django.db import transaction

from enrollments import lifecycle
from enrollments.models import Enrollment
from partners.models import Partner
from tests.factories import commanded, linkable_cloud
from texture_portal import clock
from texture_portal.actors import system
from texture_portal.openapi.calls.call import Call
from texture_portal.openapi.calls.table import CALLS

from .schema import Document

BY_NAME = {call.name: call for call in CALLS}
TROUBLE = system("trouble")
Exchange = tuple[Request, Answer]


@dataclass
class Portal:
    """Two partners that onboard once, and what every scenario may ask of them."""

    oem: Client
    other: Client
    new_partner: Callable[..., Client]

    def made(self, place: dict[str, str] | None = None) -> dict[str, Any]:
        return self.oem.enrolled(enrollment(place))

    def draft(self, call: Call, body: Any = None, *, client: Client | None = None) -> Request:
        path = call.path.replace("{enrollmentId}", self.made()["id"]) if "{enrollmentId}" in call.path else call.path
        path = path.replace("{eventId}", self.event()["id"]) if "{eventId}" in path else path
        path = path.replace("{deviceId}", self.made()["device"]["id"]) if "{deviceId}" in path else path
        path = path.replace("{sessionId}", self.link_session()["id"]) if "{sessionId}" in path else path
        path = path.replace("{commandId}", self.command()) if "{commandId}" in path else path
        path = path.replace("{maintenanceId}", self.maintenance()["id"]) if "{maintenanceId}" in path else path
        path = path.replace("{endpointId}", self.endpoint()["id"]) if "{endpointId}" in path else path
        return (client or self.oem).draft(call.method, path, body if body is not None else self.good(call))

    def event(self) -> dict[str, Any]:
        """One that was sent and taken."""
        sent = event("consent.revoked", self.made()["device"]["manufacturerDeviceId"])
        assert self.oem.post("/v1/events", sent).status == 202
        return sent

    def reading(self, **state: Any) -> dict[str, Any]:
        device = self.made()["device"]["manufacturerDeviceId"]
        return {"manufacturerDeviceId": device, "observedAt": ago(minutes=1), "state": state}

    def endpoint(self) -> dict[str, Any]:
        """One of the few that a partner may have: those of the test before are removed."""
        for each in self.oem.get("/v1/webhook-endpoints").json["data"]:
            self.send(self.oem.draft("DELETE", f"/v1/webhook-endpoints/{each['id']}", {}))
        made = self.oem.post("/v1/webhook-endpoints", endpoint())
        assert made.status == 201, made.body
        return dict(made.json)

    def maintenance(self) -> dict[str, Any]:
        """One of the few that may be to come: those of the tests before are withdrawn."""
        for each in self.oem.get("/v1/maintenance").json["data"]:
            if each["status"] == "announced":
                self.send(self.oem.draft("DELETE", f"/v1/maintenance/{each['id']}", {}))
        made = self.oem.post("/v1/maintenance", planned())
        assert made.status == 201, made.body
        return dict(made.json)

    def command(self) -> str:
        return str(commanded(self.made()["device"]["id"]).pk)

    def link_session(self) -> dict[str, Any]:
        return a_link_session(self.oem)

    def to_link(self) -> dict[str, Any]:
        return {"enrollmentId": a_link_session(self.oem)["enrollmentId"], "language": "es"}

    def good(self, call: Call) -> Any:
        return {
            "enroll": enrollment,
            "enrollBatch": lambda: {"enrollments": [{"requestId": str(uuid.uuid4()), **enrollment()}]},
            "correctEnrollment": lambda: {"customer": {"utilityAccountNumber": "1"}},
            "giveConsent": consent,
            "askEligibility": lambda: {"address": grid.MATCHED, "device": kind()},
            "addWebhookEndpoint": endpoint,
            "makeLinkSession": self.to_link,
            "announceMaintenance": planned,
            "reportCommand": lambda: {"status": "accepted", "occurredAt": ago(seconds=1)},
            "sendTelemetry": lambda: {"readings": [self.reading()]},
            "sendEvidence": lambda: {"method": "log", "capturedAt": ago(days=2), "termsVersion": "2026-01"},
            "sendEvent": lambda: event("consent.expired", self.made()["device"]["manufacturerDeviceId"]),
        }.get(call.name, dict)()

    def ask(self, call: Call, body: Any = None) -> tuple[Request, Answer]:
        return self.send(self.draft(call, body))

    def send(self, request: Request, client: Client | None = None) -> tuple[Request, Answer]:
        signed = request if request.method == "GET" else sign(request, (client or self.oem).key)
        return signed, send(signed)


def a_link_session(oem: Client) -> dict[str, Any]:
    """Of an enrolled device; the partner has a cloud to link it at."""
    partner = Partner.objects.get(pk=oem.partner_id)
    if not partner.clouds.exists():
        linkable_cloud(partner)
    made = oem.post("/v1/link-sessions", {"enrollmentId": oem.enrolled(enrollment())["id"]})
    assert made.status == 201, made.body
    return dict(made.json)


def kind() -> dict[str, Any]:
    return {"type": "battery", "capabilities": enrollment()["device"]["capabilities"]}


def hold(document: Document, exchange: Exchange, call: Call) -> None:
    request, answer = exchange
    kind = answer.headers.get_content_type()
    label = document.check_answer(request.method, request.path, answer.status, kind, answer.json)
    assert label == (call.method, call.path)
    foretold = document.operations()[label]["responses"][str(answer.status)]["headers"]
    wanted = {name for name, header in foretold.items() if _is_required(document, header)}
    assert wanted <= set(answer.headers.keys())


def _is_required(document: Document, header: dict[str, Any]) -> bool:
    if "$ref" in header:
        header = document.whole["components"]["headers"][header["$ref"].rsplit("/", 1)[1]]
    return bool(header.get("required"))


def revoke_consent(enrollment_id: str) -> None:
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=enrollment_id)
        now = clock.now()
        lifecycle.revoke_consent(held, revoked_at=now, source="device_app", now=now, by=TROUBLE)


def revoke(enrollment_id: str) -> None:
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=enrollment_id)
        lifecycle.revoke(held, reason="decommissioned", now=clock.now(), by=TROUBLE)
