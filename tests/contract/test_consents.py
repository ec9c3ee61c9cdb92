"""The rules of consent (§3, Consent rules), at enrollment and at `POST …/consents`."""

import time
from typing import Any

import pytest

from . import grid
from .client import Client
from .payloads import ago, changed, consent, enrollment
from .problems import pointers

REFUSED: list[tuple[str, Any, str]] = [
    ("/grantedAt", ago(days=91), "consent_stale"),
    ("/grantedAt", "1970-01-01T00:00:00Z", "consent_stale"),
    ("/grantedAt", ago(hours=-1), "consent_in_future"),
    ("/grantedAt", ago(days=-4000), "consent_in_future"),
    ("/programTypes", [], "consent_scope_empty"),
]
IDS = ["stale", "epoch", "soon", "far ahead", "no scope"]
SOURCES = ["device_app", "web_portal", "installer_app", "purchase_flow", "call_center", "paper_form"]


@pytest.mark.parametrize(("pointer", "value", "code"), REFUSED, ids=IDS)
def test_an_enrollment_with_a_bad_consent_is_refused_and_not_kept(
    lone_oem: Client, pointer: str, value: Any, code: str
) -> None:
    body = enrollment()
    answer = lone_oem.enroll(changed(body, f"/consent{pointer}", value))
    assert (answer.status, answer.code) == (422, code)
    assert pointers(answer.json) == {f"/consent{pointer}": code}
    assert lone_oem.enrollments() == []
    assert lone_oem.enrolled(body)["state"] == "enrolled"


@pytest.mark.parametrize(("pointer", "value", "code"), REFUSED, ids=IDS)
def test_a_bad_consent_for_an_enrollment_changes_nothing(oem: Client, pointer: str, value: Any, code: str) -> None:
    path = f"/v1/enrollments/{oem.enrolled(enrollment(consent={'optedIn': False}))['id']}"
    before, history = oem.get(path), oem.get(f"{path}/history")
    answer = oem.post(f"{path}/consents", changed(consent(), pointer, value))
    assert (answer.status, answer.code) == (422, code)
    assert pointers(answer.json) == {pointer: code}
    assert oem.get(path).json == before.json
    assert oem.get(f"{path}/history").json == history.json


def test_all_faults_of_a_consent_are_told_at_once(oem: Client) -> None:
    answer = oem.enroll(enrollment(consent={**consent(grantedAt=ago(days=91)), "programTypes": []}))
    assert answer.status == 422
    assert pointers(answer.json) == {
        "/consent/grantedAt": "consent_stale",
        "/consent/programTypes": "consent_scope_empty",
    }


def test_a_consent_of_almost_90_days_is_fresh(oem: Client) -> None:
    assert oem.enrolled(enrollment(consent=consent(grantedAt=ago(days=89, hours=23))))["state"] == "enrolled"


def test_a_consent_granted_after_the_request_was_signed_is_in_the_future(oem: Client) -> None:
    body = enrollment(consent=consent(grantedAt=ago(seconds=60)))
    answer = oem.enroll(body, created=int(time.time()) - 120)
    assert (answer.status, answer.code) == (422, "consent_in_future")


def test_a_partners_clock_may_be_30_seconds_ahead(oem: Client) -> None:
    body = enrollment(consent=consent(grantedAt=ago(seconds=-10)))
    assert oem.enroll(body, created=int(time.time()) + 20).status == 201


@pytest.mark.parametrize("source", SOURCES)
def test_each_source_is_taken(oem: Client, source: str) -> None:
    assert oem.enrolled(enrollment(consent=consent(source=source)))["consent"]["status"] == "valid"


@pytest.mark.parametrize(
    "program_type",
    ["demand_response", "virtual_power_plant", "time_of_use", "frequency_regulation", "capacity", "solar_curtailment",
     "managed_charging"],
)  # fmt: skip
def test_each_program_type_is_taken(oem: Client, program_type: str) -> None:
    assert oem.enrolled(enrollment(consent=consent(program_type)))["consent"]["programTypes"] == [program_type]


def test_a_first_opt_in_enrolls(oem: Client) -> None:
    made = oem.enrolled(enrollment(consent={"optedIn": False}))
    answer = oem.post(f"/v1/enrollments/{made['id']}/consents", consent("demand_response"))
    assert answer.status == 201
    assert (answer.json["id"], answer.json["state"]) == (made["id"], "enrolled")
    assert answer.json["consent"]["programTypes"] == ["demand_response"]
    assert [program["type"] for program in answer.json["programs"]] == ["demand_response"]
    assert answer.json["updatedAt"] > made["updatedAt"]


def test_a_newer_consent_replaces_the_older_ones_scope(oem: Client) -> None:
    first = consent("demand_response", "virtual_power_plant", grantedAt=ago(days=3))
    path = f"/v1/enrollments/{oem.enrolled(enrollment(consent=first))['id']}"
    newer = oem.post(f"{path}/consents", consent("virtual_power_plant", grantedAt=ago(days=1))).json
    assert newer["consent"]["programTypes"] == ["virtual_power_plant"]
    assert [program["type"] for program in newer["programs"]] == ["virtual_power_plant"]


def test_a_newer_consent_may_take_it_out_of_its_last_program(oem: Client) -> None:
    path = f"/v1/enrollments/{oem.enrolled(enrollment())['id']}"
    newer = oem.post(f"{path}/consents", consent("frequency_regulation", grantedAt=ago(minutes=1))).json
    assert (newer["state"], newer["programs"]) == ("opted_in", [])


def test_an_older_consent_that_comes_late_replaces_nothing(oem: Client) -> None:
    first = consent("demand_response", grantedAt=ago(days=1))
    path = f"/v1/enrollments/{oem.enrolled(enrollment(consent=first))['id']}"
    late = oem.post(f"{path}/consents", consent("capacity", grantedAt=ago(days=3)))
    assert late.status == 201
    assert late.json["consent"]["programTypes"] == ["demand_response"]
    assert late.json["state"] == "enrolled"


def test_consent_does_not_settle_a_review(oem: Client) -> None:
    made = oem.enrolled(enrollment(grid.AMBIGUOUS, consent={"optedIn": False}))
    answer = oem.post(f"/v1/enrollments/{made['id']}/consents", consent())
    assert (answer.status, answer.json["state"]) == (201, "pending_verification")
    assert answer.json["review"] == made["review"]


def test_an_opt_out_is_no_consent(oem: Client) -> None:
    path = f"/v1/enrollments/{oem.enrolled(enrollment())['id']}"
    answer = oem.post(f"{path}/consents", consent(optedIn=False))
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert set(pointers(answer.json)) == {"/optedIn"}


@pytest.mark.parametrize("member", ["optedIn", "grantedAt", "source", "termsVersion", "programTypes"])
def test_a_consent_must_be_whole(oem: Client, member: str) -> None:
    path = f"/v1/enrollments/{oem.enrolled(enrollment())['id']}/consents"
    given = consent()
    del given[member]
    answer = oem.post(path, given)
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert pointers(answer.json) == {f"/{member}": "required"}
