"""The document against the running portal: each answer and each refusal that it names, brought about and held to it."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from contract import grid
from contract.client import Answer, Client, send
from contract.payloads import FACT, again, ago, changed, consent, endpoint, enrollment, event
from contract.signing import Key, Request, content_digest, sign
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.test import override_settings

from enrollments import lifecycle
from enrollments.models import Enrollment
from partners.models import Partner, WebhookEndpoint
from partners.webhooks.endpoints import MOST_ENDPOINTS, disable
from tests.factories import commanded, linkable_cloud
from texture_portal import clock
from texture_portal.actors import system
from texture_portal.openapi.calls import CALLS, Call

from .schema import Document

BY_NAME = {call.name: call for call in CALLS}
NOT_BROUGHT_ABOUT = {
    "rate_limited": "tests/partners/test_rate_limits.py sends as many as that takes",
    "internal_error": "nothing that a partner can send may lead to it",
    "unavailable": "the database would have to go",
    "request_in_progress": "tests/contract holds two requests against each other",
}
TROUBLE = system("trouble")


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
            "askEligibility": lambda: {"address": grid.MATCHED, "device": _kind()},
            "addWebhookEndpoint": endpoint,
            "makeLinkSession": self.to_link,
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


Exchange = tuple[Request, Answer]


@pytest.fixture(scope="module")
def portal(oem: Client, stranger: Client, new_partner: Callable[..., Client]) -> Portal:
    return Portal(oem, stranger, new_partner)


def a_link_session(oem: Client) -> dict[str, Any]:
    """Of an enrolled device; the partner has a cloud to link it at."""
    partner = Partner.objects.get(pk=oem.partner_id)
    if not partner.clouds.exists():
        linkable_cloud(partner)
    made = oem.post("/v1/link-sessions", {"enrollmentId": oem.enrolled(enrollment())["id"]})
    assert made.status == 201, made.body
    return dict(made.json)


def _kind() -> dict[str, Any]:
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


# -- answers -------------------------------------------------------------------------------------------------------


def _oauth_only(portal: Portal) -> dict[str, Any]:
    """A device that the customer linked by OAuth, as far as intake can tell."""
    body = enrollment(consent={"optedIn": False})
    Enrollment.objects.filter(pk=portal.oem.enrolled(body)["id"]).update(method=Enrollment.Method.OAUTH)
    return {**body, "consent": consent()}


def _later(portal: Portal, settings: Any) -> Exchange:
    settings.GEOCODERS, settings.CENSUS_GEOCODER_URL = ["census"], "http://127.0.0.1:9/geocoder"
    return portal.ask(BY_NAME["enroll"])


def _mixed_batch() -> dict[str, Any]:
    items = [enrollment(), enrollment(grid.OUTSIDE), enrollment(grid.AMBIGUOUS), enrollment(typo=1)]
    return {"enrollments": [*({"requestId": str(uuid.uuid4()), **item} for item in items), {}, {"requestId": 7}]}


def _history(portal: Portal) -> Exchange:
    made = portal.made()
    portal.oem.post(f"/v1/enrollments/{made['id']}/consents", consent())
    _revoke_consent(made["id"])
    return portal.send(portal.oem.draft("GET", f"/v1/enrollments/{made['id']}/history"))


def _eligibility(place: dict[str, str]) -> Callable[[Portal], Exchange]:
    question = {"address": place, "device": _kind()}
    return lambda portal: portal.ask(BY_NAME["askEligibility"], question)


def _enrolling(**changes: Any) -> Callable[[Portal], Exchange]:
    place = changes.pop("place", None)
    return lambda portal: portal.ask(BY_NAME["enroll"], enrollment(place, **changes))


def _event(type: str) -> Callable[[Portal], Exchange]:
    def bring(portal: Portal) -> Exchange:
        return portal.ask(BY_NAME["sendEvent"], event(type, portal.made()["device"]["manufacturerDeviceId"]))

    return bring


def _readings(portal: Portal) -> dict[str, Any]:
    good, bad = portal.reading(chargeRate=-1200), portal.reading(heatTarget=70)
    return {
        "readings": [good, good, bad, {}, {**good, "observedAt": ago(days=-1)}, {**good, "observedAt": ago(days=999)}]
    }


def _told(portal: Portal, beneath: str = "", **query: str) -> Exchange:
    made = portal.made()["device"]
    at = ago(seconds=5)
    sent = {"manufacturerDeviceId": made["manufacturerDeviceId"], "observedAt": at, "state": {"gridPower": 1}}
    assert portal.oem.post("/v1/telemetry", {"readings": [sent]}).json["accepted"] == 1
    return portal.send(portal.oem.draft("GET", f"/v1/devices/{made['id']}{beneath}", query=urlencode(query)))


def _unknown_event(portal: Portal) -> Exchange:
    return portal.ask(BY_NAME["sendEvent"], event("consent.revoked", str(uuid.uuid4())))


def _commands(portal: Portal) -> Exchange:
    told = {"status": "failed", "occurredAt": ago(seconds=1), "error": {"code": "E7", "detail": "The relay is stuck."}}
    assert portal.oem.post(f"/v1/commands/{portal.command()}/status", told).status == 200
    return portal.ask(BY_NAME["listCommands"])


GOOD: list[tuple[str, str, int, Callable[[Portal], Exchange]]] = [
    ("enroll", "matched", 201, _enrolling()),
    ("enroll", "partial", 201, _enrolling(place=grid.PARTIAL)),
    ("enroll", "no consent", 201, _enrolling(consent={"optedIn": False})),
    ("enroll", "out of scope", 201, _enrolling(consent=consent("capacity"))),
    ("enroll", "account wanted", 201, _enrolling(place=grid.WANTS_VERIFIED_ACCOUNT)),
    ("enroll", "ambiguous", 202, _enrolling(place=grid.AMBIGUOUS)),
    ("enroll", "linked before", 200, lambda portal: portal.ask(BY_NAME["enroll"], _oauth_only(portal))),
    ("listEnrollments", "a page", 200, lambda portal: portal.ask(BY_NAME["listEnrollments"])),
    ("getEnrollment", "one", 200, lambda portal: portal.ask(BY_NAME["getEnrollment"])),
    ("correctEnrollment", "corrected", 200, lambda portal: portal.ask(BY_NAME["correctEnrollment"])),
    ("giveConsent", "given", 201, lambda portal: portal.ask(BY_NAME["giveConsent"])),
    ("getHistory", "a full one", 200, _history),
    ("sendEvidence", "a record", 201, lambda portal: portal.ask(BY_NAME["sendEvidence"])),
    ("getEvidence", "what there is", 200, lambda portal: portal.ask(BY_NAME["getEvidence"])),
    ("listEvidenceRequests", "none open", 200, lambda portal: portal.ask(BY_NAME["listEvidenceRequests"])),
    ("enrollBatch", "mixed", 200, lambda portal: portal.ask(BY_NAME["enrollBatch"], _mixed_batch())),
    ("makeLinkSession", "made", 201, lambda portal: portal.ask(BY_NAME["makeLinkSession"])),
    ("getLinkSession", "one", 200, lambda portal: portal.ask(BY_NAME["getLinkSession"])),
    ("askEligibility", "matched", 200, _eligibility(grid.MATCHED)),
    ("askEligibility", "partial", 200, _eligibility(grid.PARTIAL)),
    ("askEligibility", "ambiguous", 200, _eligibility(grid.AMBIGUOUS)),
    ("askEligibility", "no match", 200, _eligibility(grid.OUTSIDE)),
    ("askEligibility", "invalid location", 200, _eligibility(grid.NO_SUCH_ZIP)),
    *[("sendEvent", type, 202, _event(type)) for type in FACT],
    ("sendEvent", "of a device that nobody knows", 202, _unknown_event),
    ("sendEvent", "the same again", 200, lambda portal: portal.ask(BY_NAME["sendEvent"], portal.event())),
    ("getEvent", "one", 200, lambda portal: portal.ask(BY_NAME["getEvent"])),
    *[
        (name, "asked", 200, lambda portal, name=name: portal.ask(BY_NAME[name]))
        for name in ("listDevices", "getDevice", "listDeviceTypes", "listPrograms")
    ],
    ("sendTelemetry", "good and bad ones", 202, lambda portal: portal.ask(BY_NAME["sendTelemetry"], _readings(portal))),
    ("getTelemetry", "raw", 200, lambda portal: _told(portal, "/telemetry", granularity="raw")),
    ("getTelemetry", "rolled up", 200, lambda portal: _told(portal, "/telemetry", granularity="15m")),
    ("getDevice", "with a state", 200, lambda portal: _told(portal)),
    *[
        (name, "asked", 200, lambda portal, name=name: portal.ask(BY_NAME[name]))
        for name in ("getCommand", "reportCommand")
    ],
    ("listCommands", "a page", 200, lambda portal: _commands(portal)),
    ("addWebhookEndpoint", "new", 201, lambda portal: portal.ask(BY_NAME["addWebhookEndpoint"])),
    ("listWebhookEndpoints", "a page", 200, lambda portal: portal.ask(BY_NAME["listWebhookEndpoints"])),
    ("getWebhookEndpoint", "one", 200, lambda portal: portal.ask(BY_NAME["getWebhookEndpoint"])),
    ("removeWebhookEndpoint", "one", 200, lambda portal: portal.ask(BY_NAME["removeWebhookEndpoint"])),
    ("rotateWebhookSecret", "one", 200, lambda portal: portal.ask(BY_NAME["rotateWebhookSecret"])),
    ("testWebhookEndpoint", "one", 202, lambda portal: portal.ask(BY_NAME["testWebhookEndpoint"])),
]


@pytest.mark.parametrize(("name", "case", "status", "bring"), GOOD, ids=[f"{name} {case}" for name, case, *_ in GOOD])
def test_an_answer_is_as_the_document_says(
    document: Document, portal: Portal, name: str, case: str, status: int, bring: Callable[[Portal], Exchange]
) -> None:
    exchange = bring(portal)
    assert exchange[1].status == status, exchange[1].body
    hold(document, exchange, BY_NAME[name])


def test_a_deferred_match_is_as_the_document_says(document: Document, portal: Portal, settings: Any) -> None:
    exchange = _later(portal, settings)
    assert (exchange[1].status, exchange[1].json["match"]["outcome"]) == (202, "deferred")
    hold(document, exchange, BY_NAME["enroll"])


def test_a_replay_says_so_as_the_document_says(document: Document, portal: Portal) -> None:
    body, key = enrollment(), str(uuid.uuid4())
    first, second = (portal.oem.enroll(body, key=key) for _ in range(2))
    header = document.whole["components"]["headers"]["Idempotent-Replayed"]["schema"]
    assert first.headers["Idempotent-Replayed"] is None
    document.check(header, second.headers["Idempotent-Replayed"])


def test_every_good_answer_that_the_document_names_is_among_these() -> None:
    assert {(name, status) for name, _, status, _ in GOOD} == {
        (call.name, status) for call in CALLS for status in call.answers
    }


# -- refusals of every call ------------------------------------------------------------------------------------------


def _edit(change: Callable[[Request], Request]) -> Callable[[Portal, Call], Exchange]:
    """Signed as it should be, then changed."""

    def bring(portal: Portal, call: Call) -> Exchange:
        request = portal.draft(call)
        signed = request if request.method == "GET" else sign(request, portal.oem.key)
        changed_request = change(signed)
        return changed_request, send(changed_request)

    return bring


def _drafted(change: Callable[[Request], Request]) -> Callable[[Portal, Call], Exchange]:
    """Changed, then signed as it should be."""
    return lambda portal, call: portal.send(change(portal.draft(call)))


def _bytes(body: bytes) -> Callable[[Portal, Call], Exchange]:
    return lambda portal, call: portal.ask(call, body)


def _invalid(portal: Portal, call: Call) -> Exchange:
    if call.is_signed:
        return portal.ask(call, {"typo": 1})
    request = portal.draft(call)
    if call.query is None:
        return portal.send(request.put("Host", "elsewhere.example"))
    request.query = "limit=0&state=asleep"
    return portal.send(request)


def _suspended(portal: Portal, call: Call) -> Exchange:
    path = re.sub(r"{\w+}", str(uuid.uuid4()), call.path)
    partner = portal.new_partner()
    request = partner.draft(call.method, path, {})
    Partner.objects.filter(pk=partner.partner_id).update(status=Partner.Status.SUSPENDED)
    return portal.send(request, partner)


def _uncertified(portal: Portal, call: Call) -> Exchange:
    request = portal.draft(call)
    with override_settings(REQUIRE_CERTIFICATION=True):
        return portal.send(request)


def _narrow(portal: Portal, call: Call) -> Exchange:
    token = portal.oem.new_token("programs:read" if call.scope != "programs:read" else "devices:read")
    return portal.send(portal.draft(call).put("Authorization", f"Bearer {token}"))


def _too_large(portal: Portal, call: Call) -> Exchange:
    return portal.ask(call, b" " * (call.view.max_body + 1))


def _unknown_key(portal: Portal, call: Call) -> Exchange:
    request = sign(portal.draft(call), Key(str(uuid.uuid4()), "ed25519", Ed25519PrivateKey.generate()))
    return request, send(request)


def _stale(portal: Portal, call: Call) -> Exchange:
    request = sign(portal.draft(call), portal.oem.key, created=1)
    return request, send(request)


def _reused(portal: Portal, call: Call) -> Exchange:
    key = str(uuid.uuid4())
    assert portal.oem.enroll(enrollment(), key=key).status == 201
    return portal.send(portal.draft(call).put("Idempotency-Key", key))


OF_ALL: dict[str, Callable[[Portal, Call], Exchange]] = {
    "validation_failed": _invalid,
    "token_missing": _edit(lambda request: request.drop("Authorization")),
    "token_invalid": _edit(lambda request: request.put("Authorization", "Bearer none")),
    "partner_suspended": _suspended,
    "partner_not_certified": _uncertified,
    "scope_insufficient": _narrow,
    "malformed_json": _bytes(b"{not json"),
    "idempotency_key_missing": _edit(lambda request: request.drop("Idempotency-Key")),
    "payload_too_large": _too_large,
    "unsupported_media_type": _drafted(lambda request: request.put("Content-Type", "text/plain")),
    "signature_missing": _edit(lambda request: request.drop("Signature")),
    "signature_invalid": _edit(lambda request: request.put("Signature", "sig1=:AAAA:")),
    "signature_stale": _stale,
    "digest_mismatch": _edit(lambda request: request.put("Content-Digest", content_digest(b"another"))),
    "key_unknown": _unknown_key,
    "idempotency_key_reused": _reused,
}


# -- refusals of single calls ----------------------------------------------------------------------------------------


def _revoke_consent(enrollment_id: str) -> None:
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=enrollment_id)
        now = clock.now()
        lifecycle.revoke_consent(held, revoked_at=now, source="device_app", now=now, by=TROUBLE)


def _revoke(enrollment_id: str) -> None:
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=enrollment_id)
        lifecycle.revoke(held, reason="decommissioned", now=clock.now(), by=TROUBLE)


def _nobody(portal: Portal, call: Call) -> Exchange:
    path = re.sub(r"{\w+}", str(uuid.uuid4()), call.path)
    body = event("consent.expired", str(uuid.uuid4())) if call.name == "sendEvent" else portal.good(call)
    body = {"enrollmentId": str(uuid.uuid4())} if call.name == "makeLinkSession" else body
    return portal.send(portal.oem.draft(call.method, path, body))


def _ended(portal: Portal, call: Call) -> Exchange:
    if call.name == "sendEvent":
        return portal.ask(call, {**portal.event(), "occurredAt": ago(days=1)})
    if call.name == "addWebhookEndpoint":
        return _one_endpoint_too_many(portal, call)
    if call.name == "reportCommand":
        path = call.path.replace("{commandId}", portal.command())
        assert portal.oem.post(path, {**portal.good(call), "status": "complete"}).status == 200
        return portal.send(portal.oem.draft("POST", path, portal.good(call) | {"status": "failed"}))
    if call.name == "testWebhookEndpoint":
        return _disabled_endpoint(portal, call)
    if call.name == "sendEvidence":
        made = portal.oem.enrolled(enrollment(consent={"optedIn": False}))["id"]
    else:
        made = portal.made()["id"]
        _revoke(made)
    if call.name == "makeLinkSession":
        return portal.ask(call, {"enrollmentId": made})
    return portal.send(portal.oem.draft(call.method, call.path.replace("{enrollmentId}", made), portal.good(call)))


def _one_endpoint_too_many(portal: Portal, call: Call) -> Exchange:
    partner = portal.new_partner()
    for _ in range(MOST_ENDPOINTS):
        assert partner.post(call.path, endpoint()).status == 201
    return portal.send(partner.draft("POST", call.path, endpoint()), partner)


def _disabled_endpoint(portal: Portal, call: Call) -> Exchange:
    request = portal.draft(call)
    disable(WebhookEndpoint.objects.get(pk=request.path.split("/")[3]), now=clock.now(), by=TROUBLE, reason="A test.")
    return portal.send(request)


def _consenting(given: Callable[[], dict[str, Any]]) -> Callable[[Portal, Call], Exchange]:
    return lambda portal, call: portal.ask(call, given() if call.name == "giveConsent" else enrollment(consent=given()))


def _revoked_before(portal: Portal, call: Call) -> Exchange:
    body = enrollment()
    made = portal.oem.enrolled(body)["id"]
    _revoke_consent(made)
    if call.name == "giveConsent":
        return portal.send(portal.oem.draft("POST", call.path.replace("{enrollmentId}", made), consent()))
    _revoke(made)
    return portal.ask(call, body)


def _placed(place: dict[str, str]) -> Callable[[Portal, Call], Exchange]:
    def bring(portal: Portal, call: Call) -> Exchange:
        return portal.ask(call, {"site": {"address": place}} if call.method == "PATCH" else enrollment(place))

    return bring


def _twice(portal: Portal, call: Call) -> Exchange:
    body = enrollment()
    portal.oem.enrolled(body)
    return portal.ask(call, body)


def _elsewhere(portal: Portal, call: Call) -> Exchange:
    body = enrollment()
    portal.other.enrolled(body)
    taken = {**again(body), "device": {**body["device"], "manufacturerDeviceId": str(uuid.uuid4())}}
    return portal.ask(call, taken)


def _another_maker(portal: Portal, call: Call) -> Exchange:
    partner = portal.new_partner("--manufacturer", "Acme Energy")
    body = changed(enrollment(), "/device/manufacturer", "Other Works")
    return portal.send(partner.draft("POST", call.path, body), partner)


OF_SOME: dict[str, Callable[[Portal, Call], Exchange]] = {
    "not_found": _nobody,
    "state_conflict": _ended,
    "consent_stale": _consenting(lambda: consent(grantedAt=ago(days=91))),
    "consent_in_future": _consenting(lambda: consent(grantedAt=ago(days=-1))),
    "consent_scope_empty": _consenting(lambda: consent(programTypes=[])),
    "consent_revoked": _revoked_before,
    "territory_unsupported": _placed(grid.OUTSIDE),
    "location_invalid": _placed(grid.NO_SUCH_ZIP),
    "enrollment_exists": _twice,
    "device_enrolled_elsewhere": _elsewhere,
    "manufacturer_not_allowed": _another_maker,
}

NAMED = [(call, code) for call in CALLS for code in call.all_codes if code not in NOT_BROUGHT_ABOUT]


@pytest.mark.parametrize(("call", "code"), NAMED, ids=[f"{call.name} {code}" for call, code in NAMED])
def test_a_refusal_that_the_document_names_is_given_as_it_says(
    document: Document, portal: Portal, call: Call, code: str
) -> None:
    exchange = {**OF_ALL, **OF_SOME}[code](portal, call)
    assert exchange[1].code == code
    hold(document, exchange, call)
