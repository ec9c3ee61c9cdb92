"""Schemathesis against the served portal, with a token and real signatures: no 5xx, no answer beyond the document."""

import os
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from contract import grid
from contract.client import Client
from contract.payloads import ago, endpoint, enrollment, event, planned
from contract.signing import Request, content_digest, sign
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.factories import commanded
from tests.waiting import PATIENCE

from .portal import a_link_session
from .schema import Document

pytestmark = pytest.mark.fuzz

HELD_TO = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
BOUNDED = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "25")),
    deadline=timedelta(seconds=PATIENCE),
    derandomize="FUZZ_EXAMPLES" not in os.environ,  # more examples: other ones each time
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LABELS = [
    "POST /v1/enrollments", "GET /v1/enrollments", "POST /v1/enrollments/batch", "GET /v1/enrollments/{enrollmentId}",
    "PATCH /v1/enrollments/{enrollmentId}", "POST /v1/enrollments/{enrollmentId}/consents",
    "GET /v1/enrollments/{enrollmentId}/evidence", "POST /v1/enrollments/{enrollmentId}/evidence",
    "GET /v1/evidence-requests", "POST /v1/link-sessions", "GET /v1/link-sessions/{sessionId}",
    "GET /v1/enrollments/{enrollmentId}/history", "POST /v1/eligibility", "POST /v1/events", "GET /v1/events/{eventId}",
    "GET /v1/devices", "GET /v1/devices/{deviceId}", "GET /v1/device-types", "GET /v1/programs",
    "POST /v1/telemetry", "GET /v1/devices/{deviceId}/telemetry",
    "GET /v1/commands", "GET /v1/commands/{commandId}", "POST /v1/commands/{commandId}/status",
    "POST /v1/maintenance", "GET /v1/maintenance", "GET /v1/maintenance/{maintenanceId}",
    "DELETE /v1/maintenance/{maintenanceId}",
    "POST /v1/webhook-endpoints", "GET /v1/webhook-endpoints", "GET /v1/webhook-endpoints/{endpointId}",
    "DELETE /v1/webhook-endpoints/{endpointId}", "POST /v1/webhook-endpoints/{endpointId}/rotate-secret",
    "POST /v1/webhook-endpoints/{endpointId}/test", "POST /oauth/token/", "GET /v1/openapi.json",
]  # fmt: skip


MODES = {"fitting": GenerationMode.POSITIVE, "unfitting": GenerationMode.NEGATIVE}
CASES = [(label, how) for label in LABELS for how in MODES if (label, how) != ("GET /v1/openapi.json", "unfitting")]


class Signature(requests.auth.AuthBase):
    """Token, digest and signature over whatever was generated."""

    def __init__(self, oem: Client) -> None:
        self.oem = oem

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        prepared.headers["Authorization"] = f"Bearer {self.oem.token}"
        if prepared.method != "GET":
            self._sign(prepared)
        return prepared

    def _sign(self, prepared: requests.PreparedRequest) -> None:
        url = urlsplit(str(prepared.url))
        body = prepared.body if isinstance(prepared.body, bytes) else (prepared.body or "").encode()
        request = Request(str(prepared.method), url.netloc, url.path, url.query, body=body)
        prepared.headers.setdefault("Content-Type", "application/json")  # a plain server makes text/plain of none
        request.put("Content-Digest", content_digest(body)).put("Idempotency-Key", str(uuid.uuid4()))
        prepared.headers.update(sign(request, self.oem.key).headers)


@pytest.fixture(scope="module")
def api(document: Document) -> Any:
    return schemathesis.openapi.from_dict(document.whole)


def test_every_call_is_fuzzed(document: Document) -> None:
    """But for the two that take nothing and hang on workers, which tests/portal starts."""
    assert {f"{method} {path}" for method, path in document.operations()} == {*LABELS, "GET /healthz", "GET /readyz"}


@pytest.mark.parametrize(("label", "how"), CASES, ids=[f"{label} {how}" for label, how in CASES])
def test_no_answer_is_beyond_the_document(
    api: Any, oem: Client, program_ids: dict[str, str], label: str, how: str
) -> None:
    operation = next(each.ok() for each in api.get_all_operations() if each.ok().label == label)
    enrolled = oem.enrolled(enrollment())
    made = enrolled["id"]
    oem.post("/v1/events", event("consent.revoked", "nobody's", id=made))  # an event by the same id
    there = {"enrollmentId": made, "eventId": made, "deviceId": enrolled["device"]["id"]}
    if "link-sessions" in label:
        there["sessionId"] = a_link_session(oem)["id"]
    if "{commandId}" in label:
        there["commandId"] = str(commanded(there["deviceId"]).pk)
    if "{endpointId}" in label:
        there["endpointId"] = _an_endpoint(oem)
    if "{maintenanceId}" in label:
        there["maintenanceId"] = str(oem.post("/v1/maintenance", planned()).json["id"])
    answered: list[int] = []

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=MODES[how]), settle=st.booleans())
    def ask(case: Any, settle: bool) -> None:
        if settle:
            _settle(case, there)
        response = case.call(base_url=f"http://{oem.authority}", auth=Signature(oem) if _is_ours(label) else None)
        answered.append(response.status_code)
        case.validate_response(response, checks=HELD_TO)

    ask()
    assert answered
    if how == "fitting" and _is_ours(label):
        assert min(answered) < 300, f"nothing of {label} was taken: {sorted(set(answered))}"


def _is_ours(label: str) -> bool:
    return "/v1/" in label


def _an_endpoint(oem: Client) -> str:
    """A new one, or where the partner has as many as it may, one of those."""
    made = oem.post("/v1/webhook-endpoints", endpoint())
    return str((made.json if made.status == 201 else oem.get("/v1/webhook-endpoints").json["data"][0])["id"])


def _settle(case: Any, there: dict[str, str]) -> None:
    """What no schema can say: objects that are there, an address that is served, a consent of today."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = there[name]
    if isinstance(case.body, dict):
        case.body.pop("redirectUrl", None)
        if "enrollmentId" in case.body:
            case.body["enrollmentId"] = there["enrollmentId"]
        if {"status", "occurredAt"} <= case.body.keys():
            case.body["occurredAt"] = ago(seconds=1)
        if {"startsAt", "endsAt"} <= case.body.keys():
            case.body |= {name: value for name, value in planned().items() if name != "what"}
        if "manufacturerFilters" in case.body:
            case.body["manufacturerFilters"] = []
        items = case.body.get("enrollments")
        for body in items if isinstance(items, list) else [case.body]:
            _settle_body(body)


def _settle_body(body: Any) -> None:
    if not isinstance(body, dict):
        return
    changes: list[tuple[str, Callable[[], Any]]] = [("grantedAt", lambda: ago(hours=1)), ("address", _place)]
    for name, make in changes:
        for holder in (body, body.get("site"), body.get("consent")):
            if isinstance(holder, dict) and name in holder:
                holder[name] = make()
    eligibility = body.get("eligibility")
    if isinstance(eligibility, dict):
        eligibility.pop("programIds", None)


def _place() -> dict[str, str]:
    return dict(grid.MATCHED)
