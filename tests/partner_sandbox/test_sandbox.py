"""What partners do in a sandbox: each address comes to its outcome, scenarios are played, and all begins anew."""

import urllib.request

import pytest

from territories.geocoding.staged import STAGED
from tests.contract.payloads import consent, enrollment
from tests.partner_sandbox.conftest import manage
from tests.waiting import wait_for
from texture_portal import clock

SET_POWER = ["battery:set-power", "battery:set-operating-mode"]
# street: status, state or code, outcome of matching
COMES_TO = {
    "1 Matched Way": (201, "enrolled", "matched"),
    "2 Choice Way": (201, "enrolled", "matched"),
    "3 Ambiguous Way": (202, "pending_verification", "ambiguous"),
    "4 Unserved Way": (422, "territory_unsupported", None),
    "5 Unknown Way": (422, "location_invalid", None),
    "6 Offline Way": (202, "discovered", "deferred"),
    "7 Account Way": (201, "pending_verification", "matched"),
    "8 Capable Way": (201, "discovered", "partial"),
    "9 Ended Way": (201, "discovered", "partial"),
}


def at(street: str, **changes):
    [place] = [each for each in STAGED if each.street == street]
    address = {"streetOne": place.street, "city": place.city, "state": place.state, "postalCode": place.postal_code}
    return enrollment({**address, "country": "US"}, **changes)


def play(oem, scenario: str, made: dict, **more):
    return oem.post("/v1/sandbox/scenarios", {"scenario": scenario, "enrollmentId": made["id"], **more})


def now_of(oem, made: dict) -> dict:
    return oem.get(f"/v1/enrollments/{made['id']}").json


@pytest.fixture
def oem(partner):
    return partner()


@pytest.fixture
def active(oem):
    """An enrollment whose device told of itself."""
    body = at("1 Matched Way")
    body["device"]["capabilities"]["commands"] = SET_POWER
    made = oem.enrolled(body)
    reading = {
        "manufacturerDeviceId": body["device"]["manufacturerDeviceId"],
        "observedAt": clock.to_wire(clock.now()),
        "state": {"chargePercentage": 80, "chargeRate": 0, "backupReserve": 20},
    }
    assert oem.post("/v1/telemetry", {"readings": [reading]}).json["accepted"] == 1
    wait_for(lambda: now_of(oem, made)["state"] == "active")
    return made


def test_the_table_has_every_address():
    assert set(COMES_TO) == {each.street for each in STAGED}


@pytest.mark.parametrize("street", COMES_TO)
def test_an_address_comes_to_its_outcome(oem, street):
    status, word, outcome = COMES_TO[street]
    answer = oem.enroll(at(street))
    assert answer.status == status
    if outcome is None:
        assert answer.code == word
        return
    assert (answer.json["state"], answer.json["match"]["outcome"]) == (word, outcome)


def test_a_choice_aggregator_is_named_where_one_serves(oem):
    assert oem.enrolled(at("2 Choice Way"))["site"]["cca"]["name"] == "Sandbox Choice Energy"
    assert oem.enrolled(at("1 Matched Way"))["site"]["cca"] is None


def test_what_can_be_told_the_command_is_taken_where_it_is_required(oem):
    body = at("8 Capable Way")
    body["device"]["capabilities"]["commands"] = SET_POWER
    assert oem.enrolled(body)["state"] == "enrolled"


def test_a_review_is_resolved_rejected_and_asked_about(oem):
    first, second, third = (oem.enrolled(at("3 Ambiguous Way")) for _ in range(3))
    assert play(oem, "resolve_review", first, utilityEiaId="99003").json["site"]["utility"]["eiaId"] == "99003"
    assert now_of(oem, first)["state"] == "enrolled"
    assert play(oem, "reject_review", second).json["state"] == "revoked"
    actions = play(oem, "ask_for_information", third).json["requiredActions"]
    assert any("customer's bill" in str(each) for each in actions)
    again = play(oem, "resolve_review", first)
    assert (again.status, again.code) == (409, "state_conflict")


def test_an_account_is_verified(oem):
    made = oem.enrolled(at("7 Account Way"))
    oem.patch(f"/v1/enrollments/{made['id']}", {"eligibility": {"utilityAccountVerified": True}})
    assert play(oem, "verify_account", made).json["state"] == "enrolled"


def test_a_hold_a_command_and_the_customers_word(oem, active):
    refused = play(oem, "command", active, command="battery:set-power", input={"watts": 10**9})
    assert refused.status == 409
    wanted = {"command": "battery:set-operating-mode", "input": {"operatingMode": "idle"}}
    told = play(oem, "command", active, **wanted)
    assert told.status == 200, told.json
    [command] = oem.get("/v1/commands", deviceId=active["device"]["id"]).json["data"]
    assert (command["command"], command["status"]) == ("battery:set-operating-mode", "pending")
    assert play(oem, "suspend", active).json["state"] == "suspended"
    assert play(oem, "reinstate", active).json["state"] == "active"
    assert play(oem, "revoke_as_customer", active).json["state"] == "opted_out"


def test_a_command_must_be_said(oem, active):
    assert play(oem, "command", active).code == "validation_failed"


def test_nobody_plays_with_what_is_anothers(oem, partner):
    made = oem.enrolled(at("1 Matched Way"))
    assert play(partner(), "suspend", made).code == "not_found"


def test_all_ends_and_the_same_device_begins_anew(oem, partner):
    body = at("1 Matched Way")
    made, other = oem.enrolled(body), partner()
    kept = other.enrolled(at("1 Matched Way"))
    oem.post("/v1/webhook-endpoints", {"url": f"http://{oem.authority}/healthz", "eventTypes": ["*"]})
    assert oem.post("/v1/sandbox/reset", {}).json == {"ended": 1, "left": 0, "endpointsRemoved": 1}
    assert now_of(oem, made)["state"] == "revoked"
    assert now_of(other, kept)["state"] == "enrolled"
    body["consent"] = consent()
    again = oem.enrolled(body)
    assert again["id"] != made["id"]
    assert again["state"] == "enrolled"


def test_its_document_and_its_pages_say_what_it_is(sandbox):
    def read(path: str) -> str:
        with urllib.request.urlopen(f"http://{sandbox.authority}{path}") as answer:
            return answer.read().decode()

    assert "/v1/sandbox/scenarios" in read("/v1/openapi.json")
    page = read("/docs/sandbox")
    assert "Sandbox: nothing here is real." in page
    assert all(each.street in page for each in STAGED)


def test_it_is_laid_again_without_harm_and_in_production_not_at_all(sandbox):
    assert manage("make_sandbox", SANDBOX="on").returncode == 0
    refused = manage("make_sandbox")
    assert refused.returncode == 1
    assert "Remedy: SANDBOX=on" in refused.stderr
    wrong = manage("create_partner", "Real", "--kind", "oem", "--environment", "production", SANDBOX="on")
    assert "Nobody is in production in a sandbox" in wrong.stderr
