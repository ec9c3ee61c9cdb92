"""Each fault does what it says, where it says, as often as it says."""

import time
import uuid

import pytest
import requests

from partners.sandbox.clock import from_wire
from partners.sandbox.faults import AT_ONCE, KINDS, Faults, fault_from
from tests.waiting import PATIENCE


def battery(cloud):
    return cloud.device("battery")


def state(cloud, device):
    return cloud.get(f"/v1/devices/{device['device_id']}/state")


def test_latency_delays(cloud):
    cloud.fault("latency", ms=400, category="telemetry")
    begun = time.monotonic()
    cloud.get("/v1/states")
    assert time.monotonic() - begun >= 0.4


@pytest.mark.parametrize(
    ("kind", "status", "retry_after"),
    [("too_many_requests", 429, "2"), ("server_error", 500, None), ("unavailable", 503, "5")],
)
def test_calls_fail_as_often_as_told(cloud, kind, status, retry_after):
    cloud.fault(kind, category="telemetry", count=2)
    answers = [cloud.api("GET", "/v1/states") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].headers.get("Retry-After") == retry_after
    assert cloud.api("GET", "/v1/sites").status_code == 200


def test_a_rate_is_a_share_of_the_calls(cloud):
    cloud.fault("server_error", rate=0.5, category="metadata")
    statuses = [cloud.api("GET", "/v1/sites").status_code for _ in range(60)]
    assert 10 < statuses.count(500) < 50


def test_a_connection_is_cut(cloud):
    cloud.fault("hang_up", category="telemetry", count=1)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{cloud.url}/v1/states", headers={"X-API-Key": cloud.told["api_key"]}, timeout=PATIENCE)


def test_json_is_cut_in_half(cloud):
    cloud.fault("malformed_json", category="telemetry", count=1)
    answer = cloud.api("GET", "/v1/states")
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert cloud.get("/v1/states")["data"]


def test_data_goes_stale(cloud):
    device = battery(cloud)
    before = from_wire(state(cloud, device)["observed_at"])
    cloud.fault("stale", seconds=7200, device=device["serial_number"])
    assert 7100 < before - from_wire(state(cloud, device)["observed_at"]) < 7201
    assert from_wire(state(cloud, cloud.device("thermostat"))["observed_at"]) >= before


@pytest.mark.parametrize("seconds", [600, -600])
def test_clocks_differ(cloud, seconds):
    device = battery(cloud)
    before = from_wire(state(cloud, device)["observed_at"])
    cloud.fault("clock_skew", seconds=seconds)
    assert from_wire(state(cloud, device)["observed_at"]) - before == pytest.approx(seconds, abs=30)


def test_a_device_goes_offline_with_its_last_state(cloud):
    device = battery(cloud)
    cloud.fault("offline", device=device["serial_number"])
    first = state(cloud, device)
    cloud.pass_time(600)
    assert first["online"] is False
    assert state(cloud, device) == first
    assert state(cloud, cloud.device("charger"))["online"] is True


def test_devices_vanish_and_come_back(cloud):
    device = battery(cloud)
    fault = cloud.fault("vanished", device=device["serial_number"])
    listed = {each["device_id"] for each in cloud.everything("/v1/devices")}
    assert device["device_id"] not in listed
    assert len(listed) == cloud.told["devices"] - 1
    assert cloud.api("GET", f"/v1/devices/{device['device_id']}/state").status_code == 404
    cloud.control("DELETE", f"faults/{fault['id']}")
    assert state(cloud, device)["online"] is True


def test_a_storm_keeps_batteries_from_commands(cloud):
    device = battery(cloud)
    cloud.fault("storm", device=device["serial_number"])
    assert state(cloud, device)["battery"]["storm_guard"]["active"] is True
    answer = command(cloud, device)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "storm_guard_active")


def command(cloud, device):
    return cloud.api(
        "POST",
        f"/v1/devices/{device['device_id']}/commands",
        json={"command_id": str(uuid.uuid4()), "command": "set_backup_reserve", "parameters": {"percent": 25}},
    )


@pytest.mark.parametrize(("kind", "ends"), [("command_fails", "failed"), ("command_stuck", "in_progress")])
def test_commands_are_accepted_and_then_are_not_done(cloud, kind, ends):
    device = battery(cloud)
    reserve = state(cloud, device)["battery"]["reserve_percent"]
    cloud.fault(kind, count=1)
    answer = command(cloud, device)
    assert answer.status_code == 202
    cloud.pass_time(10)
    told = cloud.get(f"/v1/commands/{answer.json()['command_id']}")
    assert told["status"] == ends
    assert bool(told["error"]) is (ends == "failed")
    assert state(cloud, device)["battery"]["reserve_percent"] == reserve


def test_tokens_are_lost(cloud):
    client = cloud.told["client"]
    form = {"grant_type": "client_credentials", "client_id": client["id"], "client_secret": client["secret"]}
    token = cloud.http.post(f"{cloud.url}/oauth/token", data=form, timeout=PATIENCE).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert cloud.api("GET", "/v1/sites", headers=headers).status_code == 200
    assert cloud.fault("lost_tokens")["lost"] >= 1
    assert cloud.api("GET", "/v1/sites", headers=headers).status_code == 401


def test_ids_churn_and_serial_numbers_stay(cloud):
    device = cloud.device("charger")
    renamed = cloud.fault("id_churn", device=device["serial_number"])["renamed"]
    assert list(renamed) == [device["device_id"]]
    now = cloud.device("charger")
    assert now["device_id"] == renamed[device["device_id"]]
    assert now["serial_number"] == device["serial_number"]
    assert cloud.api("GET", f"/v1/devices/{device['device_id']}").status_code == 404


def test_a_share_is_always_of_the_same_devices(cloud):
    cloud.fault("offline", share=0.5)
    told = [{each["device_id"]: each["online"] for each in cloud.everything("/v1/states")} for _ in range(2)]
    assert told[0] == told[1]
    assert {True, False} == set(told[0].values())


def test_a_fault_is_over_after_its_time(cloud):
    cloud.fault("server_error", seconds_long=60, category="metadata")
    assert cloud.api("GET", "/v1/sites").status_code == 500
    cloud.pass_time(61)
    assert cloud.api("GET", "/v1/sites").status_code == 200


def test_nobody_controls_it_without_the_key(cloud):
    answer = cloud.api("POST", "/control/faults", json={"kind": "latency"})
    assert answer.status_code == 401
    assert cloud.control("GET", "faults")["data"] == []


@pytest.mark.parametrize(
    "document", [{"kind": "plague"}, {"kind": "latency", "minutes": 3}, {"kind": "stale", "seconds": "x"}]
)
def test_a_fault_that_is_none_is_refused(document):
    with pytest.raises(ValueError, match=r"no fault|no option|could not convert"):
        Faults(1).add(document, now=0.0)


def test_the_command_line_says_faults_as_the_control_api_does():
    assert fault_from("latency:ms=200,rate=0.1") == {"kind": "latency", "ms": "200", "rate": "0.1"}
    fault = Faults(1).add(fault_from("latency:ms=200,rate=0.1"), now=0.0)
    assert (fault.options["ms"], fault.rate) == (200, 0.1)


def test_every_kind_can_be_put_in_force():
    faults = Faults(1)
    for kind in KINDS:
        faults.add({"kind": kind}, now=0.0)
    assert {fault.kind for fault in faults.known.values()} == set(KINDS) - set(AT_ONCE)
