"""Readings as the contract has them (§5): taken, each for itself, and shown with the device."""

import uuid
from datetime import datetime, timedelta

import pytest

from contract.client import Client
from contract.payloads import ago, changed, enrollment, event
from texture_portal import clock

STATE = {"chargePercentage": 71.5, "chargeRate": -1200}


def reading(device: str, at: str | None = None, **state) -> dict:
    return {"manufacturerDeviceId": device, "observedAt": at or ago(minutes=1), "state": state or STATE}


def post(partner: Client, *readings: object, **how):
    return partner.post("/v1/telemetry", {"readings": list(readings)}, **how)


@pytest.fixture
def device(oem: Client) -> dict:
    return oem.enrolled(enrollment())["device"]


def test_a_reading_is_taken_and_shown_with_its_device(oem: Client, device: dict) -> None:
    at = ago(minutes=2)
    answer = post(oem, reading(device["manufacturerDeviceId"], at))
    assert (answer.status, answer.json) == (202, {"accepted": 1, "duplicates": 0, "rejected": []})
    shown = oem.get(f"/v1/devices/{device['id']}").json
    assert (shown["state"], shown["freshness"]) == (STATE, "fresh")
    assert datetime.fromisoformat(shown["lastSeenAt"]) == datetime.fromisoformat(at)
    (listed,) = oem.get("/v1/devices", manufacturerDeviceId=device["manufacturerDeviceId"]).json["data"]
    assert listed == shown


def test_the_same_device_and_instant_twice_is_a_duplicate(oem: Client, device: dict) -> None:
    sent = reading(device["manufacturerDeviceId"])
    assert post(oem, sent, sent).json == {"accepted": 1, "duplicates": 1, "rejected": []}
    assert post(oem, sent).json == {"accepted": 0, "duplicates": 1, "rejected": []}
    assert post(oem, {**sent, "state": {"chargeRate": 1}}).json["duplicates"] == 1
    assert oem.get(f"/v1/devices/{device['id']}").json["state"] == STATE


def test_the_same_request_again_gives_the_first_answer(oem: Client, device: dict) -> None:
    key, body = str(uuid.uuid4()), {"readings": [reading(device["manufacturerDeviceId"])]}
    first, again = (oem.post("/v1/telemetry", body, key=key) for _ in range(2))
    assert (again.body, again.replayed) == (first.body, True)


def test_an_older_reading_is_kept_and_does_not_become_the_latest(oem: Client, device: dict) -> None:
    name = device["manufacturerDeviceId"]
    post(oem, reading(name, ago(minutes=1)))
    assert post(oem, reading(name, ago(days=3), chargeRate=5)).json["accepted"] == 1
    assert oem.get(f"/v1/devices/{device['id']}").json["state"] == STATE


BAD = {
    "unknown_device": lambda name: reading("nobody"),
    "too_old": lambda name: reading(name, ago(days=400)),
    "in_future": lambda name: reading(name, ago(seconds=-60)),
    "out_of_range": lambda name: reading(name, chargePercentage=101),
    "unknown_field": lambda name: reading(name, heatTarget=70),
    "invalid": lambda name: reading(name, chargingState="melting"),
    "required": lambda name: {"manufacturerDeviceId": name, "state": {}},
}


@pytest.mark.parametrize("code", BAD)
def test_a_bad_reading_has_its_code_and_costs_no_neighbour(oem: Client, device: dict, code: str) -> None:
    name = device["manufacturerDeviceId"]
    answer = post(oem, reading(name, ago(minutes=5)), BAD[code](name), reading(name, ago(minutes=4)))
    assert (answer.status, answer.json["accepted"]) == (202, 2)
    (rejected,) = answer.json["rejected"]
    assert (rejected["index"], rejected["code"], bool(rejected["detail"])) == (1, code, True)


@pytest.mark.parametrize(
    "malformed",
    [
        None, 7, "x", [], {}, {"manufacturerDeviceId": 1, "observedAt": "2026-05-01T17:03:00Z", "state": {}},
        {"manufacturerDeviceId": "a", "observedAt": "yesterday", "state": {}},
        {"manufacturerDeviceId": "a", "observedAt": "2026-02-30T17:03:00Z", "state": {}},
        {"manufacturerDeviceId": "a", "observedAt": "0001-01-01T00:00:00+23:59", "state": {}},
        {"manufacturerDeviceId": "a", "observedAt": "2026-05-01T17:03:00", "state": {}},
        {"manufacturerDeviceId": "a", "observedAt": "2026-05-01T17:03:00Z", "state": []},
        {"manufacturerDeviceId": "a\x00", "observedAt": "2026-05-01T17:03:00Z", "state": {}},
        {"manufacturerDeviceId": "a", "observedAt": "2026-05-01T17:03:00Z", "state": {}, "more": 1},
    ],
)  # fmt: skip
def test_a_malformed_reading_is_rejected_alone(oem: Client, device: dict, malformed: object) -> None:
    answer = post(oem, malformed, reading(device["manufacturerDeviceId"]))
    assert (answer.json["accepted"], [each["index"] for each in answer.json["rejected"]]) == (1, [0])


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/readings", "required"),
        ({"readings": {}}, "/readings", "invalid"),
        ({"readings": []}, "/readings", "out_of_range"),
        ({"readings": [{}] * 5001}, "/readings", "out_of_range"),
        ({"readings": [{}], "reading": 1}, "/reading", "unknown_field"),
        ([], "", "invalid"),
    ],
)
def test_what_is_no_list_of_readings_is_refused_whole(oem: Client, body: object, pointer: str, code: str) -> None:
    answer = oem.post("/v1/telemetry", body)
    assert (answer.code, answer.json["errors"][0]["pointer"]) == ("validation_failed", pointer)
    assert answer.json["errors"][0]["code"] == code


def test_after_an_opt_out_nothing_is_taken(oem: Client, device: dict) -> None:
    name = device["manufacturerDeviceId"]
    post(oem, reading(name))
    assert oem.post("/v1/events", event("consent.revoked", name)).status == 202
    answer = post(oem, reading(name, ago(seconds=5), chargeRate=1))
    assert (answer.json["accepted"], [each["code"] for each in answer.json["rejected"]]) == (0, ["not_allowed"])
    assert oem.get(f"/v1/devices/{device['id']}").json["state"] == STATE


@pytest.mark.parametrize(
    ("pointer", "value"), [("/consent", {"optedIn": False}), ("/device/capabilities/telemetry", False)]
)
def test_without_a_consent_or_without_telemetry_nothing_is_taken(oem: Client, pointer: str, value: object) -> None:
    device = oem.enrolled(changed(enrollment(), pointer, value))["device"]
    answer = post(oem, reading(device["manufacturerDeviceId"]))
    assert [each["code"] for each in answer.json["rejected"]] == ["not_allowed"]


def test_another_partners_device_is_an_unknown_one(oem: Client, stranger: Client, device: dict) -> None:
    answer = post(stranger, reading(device["manufacturerDeviceId"]))
    assert [each["code"] for each in answer.json["rejected"]] == ["unknown_device"]
    assert oem.get(f"/v1/devices/{device['id']}").json["freshness"] == "never"


def test_a_clock_that_is_ahead_makes_no_device_fresher_than_its_reading(oem: Client, device: dict) -> None:
    before = clock.now()
    assert post(oem, reading(device["manufacturerDeviceId"], ago(seconds=-20))).json["accepted"] == 1
    seen = oem.get(f"/v1/devices/{device['id']}").json["lastSeenAt"]
    assert before <= datetime.fromisoformat(seen) <= before + timedelta(minutes=1)


def test_a_clock_that_is_behind_tells_the_age_that_it_claims(oem: Client, device: dict) -> None:
    post(oem, reading(device["manufacturerDeviceId"], ago(minutes=20)))
    assert oem.get(f"/v1/devices/{device['id']}").json["freshness"] == "stale"


def test_every_value_survives(oem: Client, device: dict) -> None:
    state = {
        "charge": 8123.25, "chargePercentage": 0, "chargingState": "idle", "whConsumed": 1e300, "chargeRate": 2**70,
        "backupReserve": 20, "gridStatus": "exporting", "gridPower": -0.125, "gridEnergy": -75, "strategy": "backup",
        "isStormModeEnabled": True, "isStormModeActive": False,
    }  # fmt: skip
    assert post(oem, reading(device["manufacturerDeviceId"], **state)).json["accepted"] == 1
    assert oem.get(f"/v1/devices/{device['id']}").json["state"] == state


def test_what_is_null_was_not_told(oem: Client, device: dict) -> None:
    post(oem, reading(device["manufacturerDeviceId"], chargeRate=5, charge=None, gridPower=None))
    assert oem.get(f"/v1/devices/{device['id']}").json["state"] == {"chargeRate": 5}
