"""The main call's good ends: each row of the table of outcomes in §3, and how far each enrollment gets."""

import datetime
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from . import grid
from .client import Answer, Client
from .payloads import changed, consent, enrollment, without

MEMBERS = {
    "": "id state stateReason method device site match programs consent requiredActions review createdAt updatedAt",
    "device": "id manufacturerDeviceId type serialNumber",
    "site": "id latitude longitude timezone accuracyMeters utility cca",
    "match": "outcome reason candidates",
    "consent": "status grantedAt programTypes sources",
}
ACTIONS = {
    "provide_consent", "renew_consent", "verify_utility_account", "correct_address", "confirm_territory",
    "confirm_ownership", "resolve_compliance", "await_program", "await_geocoding", "report_telemetry",
    "restore_connectivity",
}  # fmt: skip


def check_shape(got: dict[str, Any]) -> None:
    for member, names in MEMBERS.items():
        assert set(got[member] if member else got) == set(names.split()), member
    for identifier in (got["id"], got["device"]["id"], got["site"]["id"]):
        assert uuid.UUID(identifier).version == 7
    for time in (got["createdAt"], got["updatedAt"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", time)
    for candidate in got["match"]["candidates"]:
        assert set(candidate) == {"utility", "evidence", "score"}
        assert set(candidate["utility"]) == {"id", "name", "eiaId", "segment"}
    for action in got["requiredActions"]:
        assert set(action) == {"code", "by", "description", "dueAt"}
        assert action["code"] in ACTIONS
        assert action["by"] in {"partner", "customer", "portal"}
    if got["review"] is not None:
        assert set(got["review"]) == {"id", "reason", "openedAt", "dueAt"}
        assert got["review"]["openedAt"] < got["review"]["dueAt"]


def actions(got: dict[str, Any]) -> set[str]:
    return {action["code"] for action in got["requiredActions"]}


def enroll(oem: Client, body: dict[str, Any], *, status: int, state: str, outcome: str) -> dict[str, Any]:
    answer = oem.enroll(body)
    assert answer.status == status, answer.body
    got = dict(answer.json)
    assert answer.headers.get_content_type() == "application/json"
    assert answer.headers["Location"].endswith(f"/v1/enrollments/{got['id']}")
    check_shape(got)
    assert (got["state"], got["match"]["outcome"]) == (state, outcome)
    read = oem.get(f"/v1/enrollments/{got['id']}")
    assert (read.status, read.json) == (200, got)
    return got


def test_a_matched_device_with_consent_is_enrolled(oem: Client, program_ids: dict[str, str]) -> None:
    body = enrollment()
    got = enroll(oem, body, status=201, state="enrolled", outcome="matched")
    assert got["stateReason"] is None
    assert got["method"] == "oem"
    assert got["review"] is None
    device = got["device"]
    assert device == {"id": device["id"], **{name: body["device"][name] for name in device if name != "id"}}
    assert {"id": program_ids["Peak Saver"], "name": "Peak Saver", "type": "demand_response"} in got["programs"]


def test_the_site_is_located_and_its_utility_and_cca_named(oem: Client) -> None:
    site = enroll(oem, enrollment(), status=201, state="enrolled", outcome="matched")["site"]
    assert (site["latitude"], site["longitude"]) == pytest.approx(grid.MATCHED_POINT, abs=0.01)
    assert site["timezone"] == "America/Los_Angeles"
    assert site["accuracyMeters"] > 0
    assert site["utility"] == {"id": site["utility"]["id"], **grid.UTILITY}
    assert site["cca"] == {"id": site["cca"]["id"], "name": grid.CCA_NAME}


def test_the_match_explains_itself(oem: Client) -> None:
    match = enroll(oem, enrollment(), status=201, state="enrolled", outcome="matched")["match"]
    first = match["candidates"][0]
    assert match["reason"] is None
    assert first["utility"]["eiaId"] == "90001"
    assert {"boundary", "zip_table"} <= set(first["evidence"])
    assert 0 < first["score"] <= 1


def test_the_consent_is_shown_in_utc(oem: Client) -> None:
    granted = datetime.datetime.now(datetime.UTC).replace(microsecond=0) - datetime.timedelta(hours=2)
    in_india = granted.astimezone(datetime.timezone(datetime.timedelta(hours=5, minutes=30)))
    given = consent("demand_response", grantedAt=in_india.isoformat())
    shown = enroll(oem, enrollment(consent=given), status=201, state="enrolled", outcome="matched")["consent"]
    assert shown == {
        "status": "valid",
        "grantedAt": granted.isoformat().replace("+00:00", "Z"),
        "programTypes": ["demand_response"],
        "sources": ["oem"],
    }


def test_optional_members_may_be_left_out(oem: Client) -> None:
    body = without(without(without(enrollment(), "/eligibility"), "/device/ratings"), "/customer/utilityAccountNumber")
    body = without(body, "/consent/evidence")
    enroll(oem, body, status=201, state="enrolled", outcome="matched")


def test_without_an_opt_in_it_is_eligible_and_consent_is_asked_for(oem: Client) -> None:
    body = enrollment(consent={"optedIn": False})
    got = enroll(oem, body, status=201, state="eligible", outcome="matched")
    assert got["consent"]["status"] == "none"
    assert got["programs"] == []
    assert "provide_consent" in actions(got)


def test_a_scope_that_no_program_here_has_leaves_it_opted_in(oem: Client) -> None:
    body = enrollment(consent=consent("frequency_regulation"))
    got = enroll(oem, body, status=201, state="opted_in", outcome="matched")
    assert got["programs"] == []
    assert got["requiredActions"]


def test_a_program_that_wants_a_verified_account_waits_for_it(oem: Client) -> None:
    body = enrollment(grid.WANTS_VERIFIED_ACCOUNT)
    got = enroll(oem, body, status=201, state="pending_verification", outcome="matched")
    assert "verify_utility_account" in actions(got)
    assert got["programs"] == []


def test_the_partners_word_that_the_account_is_verified_opens_a_case(oem: Client) -> None:
    body = changed(enrollment(grid.WANTS_VERIFIED_ACCOUNT), "/eligibility/utilityAccountVerified", True)
    got = enroll(oem, body, status=201, state="pending_verification", outcome="matched")
    assert got["review"]["reason"] == "verification"


def test_a_utility_without_a_program_leaves_it_discovered(oem: Client) -> None:
    got = enroll(oem, enrollment(grid.PARTIAL), status=201, state="discovered", outcome="partial")
    assert got["site"]["utility"]["eiaId"] == "90004"
    assert got["site"]["cca"] is None
    assert "await_program" in actions(got)


def test_a_program_that_is_over_is_no_program(oem: Client) -> None:
    enroll(oem, enrollment(grid.PROGRAM_IS_OVER), status=201, state="discovered", outcome="partial")


def test_a_program_takes_only_devices_that_know_its_command(oem: Client) -> None:
    body = enrollment(grid.WANTS_SET_POWER)
    enroll(oem, body, status=201, state="discovered", outcome="partial")
    able = changed(enrollment(grid.WANTS_SET_POWER), "/device/capabilities/commands", ["battery:set-power"])
    enroll(oem, able, status=201, state="enrolled", outcome="matched")


def test_two_utilities_with_equal_evidence_open_a_review(oem: Client) -> None:
    got = enroll(oem, enrollment(grid.AMBIGUOUS), status=202, state="pending_verification", outcome="ambiguous")
    assert {candidate["utility"]["eiaId"] for candidate in got["match"]["candidates"]} == {"90002", "90003"}
    assert got["review"] is not None
    assert "confirm_territory" in actions(got)
    assert got["programs"] == []


def test_an_unreachable_geocoder_defers_the_match(oem: Client, settings: Any) -> None:
    settings.GEOCODERS, settings.CENSUS_GEOCODER_URL = ["census"], "http://127.0.0.1:9/geocoder"
    got = enroll(oem, enrollment(), status=202, state="discovered", outcome="deferred")
    assert "await_geocoding" in actions(got)
    assert got["site"]["utility"] is None


def test_coordinates_that_agree_with_the_address_are_used(oem: Client) -> None:
    body = changed(enrollment(), "/site/coordinates", {"latitude": 38.0212, "longitude": -122.5707})
    site = enroll(oem, body, status=201, state="enrolled", outcome="matched")["site"]
    assert (site["latitude"], site["longitude"]) == pytest.approx((38.0212, -122.5707), abs=1e-4)


def test_coordinates_that_disagree_are_set_aside(oem: Client) -> None:
    body = changed(enrollment(), "/site/coordinates", {"latitude": 40.7, "longitude": -74.0})
    site = enroll(oem, body, status=201, state="enrolled", outcome="matched")["site"]
    assert (site["latitude"], site["longitude"]) == pytest.approx(grid.MATCHED_POINT, abs=0.01)


@pytest.mark.parametrize("hint", [{"eiaId": "90001"}, {"name": "Golden Bay Power"}, {"eiaId": "90004"}])
def test_a_hint_is_never_the_last_word(oem: Client, hint: dict[str, str]) -> None:
    body = changed(enrollment(), "/site/utilityHint", hint)
    got = enroll(oem, body, status=201, state="enrolled", outcome="matched")
    assert got["site"]["utility"]["eiaId"] == "90001"


def test_program_ids_narrow_the_choice(oem: Client, program_ids: dict[str, str]) -> None:
    body = changed(enrollment(), "/eligibility/programIds", [program_ids["Shared Storage"]])
    got = enroll(oem, body, status=201, state="enrolled", outcome="matched")
    assert [program["name"] for program in got["programs"]] == ["Shared Storage"]


@pytest.mark.parametrize(
    ("pointer", "value"), [("/country", "USA"), ("/postalCode", "94903-1234"), ("/streetTwo", "#4")]
)
def test_other_ways_to_write_an_address(oem: Client, pointer: str, value: str) -> None:
    enroll(
        oem, changed(enrollment(), f"/site/address{pointer}", value), status=201, state="enrolled", outcome="matched"
    )


def test_devices_of_one_customer_and_address_share_a_site(oem: Client) -> None:
    one, other = enrollment(), enrollment()
    other["customer"] = one["customer"]
    assert oem.enrolled(one)["site"]["id"] == oem.enrolled(other)["site"]["id"]


REFUSED: list[tuple[dict[str, str], str]] = [
    (grid.OUTSIDE, "territory_unsupported"),
    (grid.OUTSIDE_IN_GUAM, "territory_unsupported"),
    (grid.NO_SUCH_ZIP, "location_invalid"),
    (grid.WRONG_STATE, "location_invalid"),
    (grid.WRONG_CITY, "location_invalid"),
]


@pytest.mark.parametrize(
    ("place", "code"), REFUSED, ids=["outside", "outside in Guam", "no such ZIP", "wrong state", "wrong city"]
)
def test_a_place_that_cannot_be_served_is_refused_and_not_kept(oem: Client, place: dict[str, str], code: str) -> None:
    body = enrollment(place)
    answer: Answer = oem.enroll(body)
    assert (answer.status, answer.code) == (422, code)
    assert oem.enrollments(manufacturerDeviceId=body["device"]["manufacturerDeviceId"]) == []
    body["site"]["address"] = grid.MATCHED
    assert oem.enrolled(body)["state"] == "enrolled"


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256-sha256", "hmac-sha256"])
def test_each_algorithm_enrolls(new_partner: Callable[..., Client], algorithm: str) -> None:
    oem = new_partner("--algorithm", algorithm)
    assert oem.key.algorithm == algorithm
    assert oem.enrolled(enrollment())["state"] == "enrolled"
