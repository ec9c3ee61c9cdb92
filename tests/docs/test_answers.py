"""The document against the running portal: each answer that it names, brought about and held to it."""

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from contract import grid
from contract.payloads import FACT, ago, consent, enrollment, event

from enrollments.models import Enrollment
from texture_portal.openapi.calls.table import CALLS

from .portal import BY_NAME, Exchange, Portal, hold, kind, revoke_consent
from .schema import Document


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
    revoke_consent(made["id"])
    return portal.send(portal.oem.draft("GET", f"/v1/enrollments/{made['id']}/history"))


def _eligibility(place: dict[str, str]) -> Callable[[Portal], Exchange]:
    question = {"address": place, "device": kind()}
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
    *[
        (name, "asked", status, lambda portal, name=name: portal.ask(BY_NAME[name]))
        for name, status in (("announceMaintenance", 201), ("getMaintenance", 200), ("withdrawMaintenance", 200))
    ],
    (
        "listMaintenance",
        "a page",
        200,
        lambda portal: (portal.maintenance(), portal.ask(BY_NAME["listMaintenance"]))[1],
    ),
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
