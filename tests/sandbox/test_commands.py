"""Commands: accepted or refused with a reason, done once, asked about, and seen in what the device does."""

import uuid
from datetime import timedelta

import pytest

from partners.sandbox.clock import from_wire, to_wire


@pytest.fixture
def send(cloud):
    def send(kind, command, command_id=None, **parameters):
        device = cloud.device(kind)["device_id"]
        return cloud.api(
            "POST",
            f"/v1/devices/{device}/commands",
            json={"command_id": command_id or str(uuid.uuid4()), "command": command, "parameters": parameters},
        )

    return send


@pytest.fixture
def done(cloud, send):
    """The device's state once a command is through."""

    def done(kind, command, **parameters):
        answer = send(kind, command, **parameters)
        assert answer.status_code == 202, answer.text
        cloud.pass_time(5)
        status = cloud.get(f"/v1/commands/{answer.json()['command_id']}")
        assert (status["status"], status["error"]) == ("complete", None)
        return cloud.get(f"/v1/devices/{cloud.device(kind)['device_id']}/state")[kind]

    return done


def test_a_command_goes_through_its_statuses(cloud, send):
    told = send("battery", "set_backup_reserve", percent=20).json()
    assert told["status"] == "pending"
    seen = []
    for _ in range(3):
        cloud.pass_time(1.3)
        seen.append(cloud.get(f"/v1/commands/{told['command_id']}")["status"])
    assert seen == ["in_progress", "in_progress", "complete"]
    listed = cloud.everything(f"/v1/devices/{told['device_id']}/commands")
    assert listed[0]["command_id"] == told["command_id"]


def test_forced_power_is_what_the_battery_then_gives(cloud, done):
    done("battery", "set_battery_mode", mode="self_consumption")
    before = done("battery", "set_backup_reserve", percent=0)
    power = 2.5 if before["soc_percent"] < 60 else -2.5
    forced = done("battery", "set_battery_power", power_kw=power, duration_s=600)
    assert (forced["power_kw"], forced["mode"]) == (power, "FORCED")
    device = cloud.device("battery")["device_id"]
    first = cloud.get(f"/v1/devices/{device}/state")
    cloud.pass_time(300)
    second = cloud.get(f"/v1/devices/{device}/state")
    hours = (from_wire(second["observed_at"]) - from_wire(first["observed_at"])) / 3600
    gained = second["battery"]["energy_kwh"] - first["battery"]["energy_kwh"]
    assert gained == pytest.approx(power * hours, abs=1e-5)
    cloud.pass_time(600)
    assert cloud.get(f"/v1/devices/{device}/state")["battery"]["mode"] == "SELF_CONSUMPTION"


def test_each_command_shows_in_the_state(done):
    assert done("battery", "set_battery_mode", mode="idle")["power_kw"] == 0
    assert done("battery", "set_battery_mode", mode="self_consumption")["mode"] == "SELF_CONSUMPTION"
    assert done("inverter", "set_curtailment", percent=100)["ac_power_kw"] == 0
    assert done("inverter", "set_export_limit", limit_kw=1)["export_limit_kw"] == 1
    assert done("inverter", "set_export_limit", limit_kw=None)["export_limit_kw"] is None
    assert done("inverter", "set_power_factor", power_factor=-0.95)["power_factor"] == -0.95
    assert done("charger", "stop_charging")["power_kw"] == 0
    assert done("charger", "start_charging")["voltage_v"] == 240
    assert done("charger", "set_current_limit", amps=10)["current_limit_a"] == 10
    assert done("vehicle", "set_charge_limit", percent=90)["charge_limit_percent"] == 90
    assert done("thermostat", "set_fan", fan="circulate")["fan"] == "CIRCULATE"
    cooling = done("thermostat", "set_hvac_mode", mode="cool", cool_c=25, heat_c=20)
    assert (cooling["cool_setpoint_c"], cooling["heat_setpoint_c"]) in ((25, None), (26.5, None))


def test_a_hold_lasts_until_its_end(cloud, done):
    device = cloud.device("thermostat")["device_id"]
    done("thermostat", "set_hvac_mode", mode="auto", heat_c=20, cool_c=24)
    now = from_wire(cloud.get(f"/v1/devices/{device}/state")["observed_at"])
    held = done("thermostat", "hold_temperature", heat_c=18, cool_c=28, until=to_wire(now + 1800))
    assert (held["heat_setpoint_c"], held["cool_setpoint_c"]) == (18, 28)
    cloud.pass_time(timedelta(minutes=31).total_seconds())
    assert cloud.get(f"/v1/devices/{device}/state")["thermostat"]["hold_until"] is None


def test_the_same_command_again_is_done_once(cloud, send):
    name = str(uuid.uuid4())
    first = send("charger", "set_current_limit", name, amps=16)
    before = cloud.control("GET", "counters")["commands"]
    again = send("charger", "set_current_limit", name, amps=16)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["requested_at"] == first.json()["requested_at"]
    assert cloud.control("GET", "counters")["commands"] == before
    other = send("charger", "set_current_limit", name, amps=17)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "command_id_reused")


@pytest.mark.parametrize(
    ("kind", "command", "parameters", "parameter"),
    [
        ("battery", "set_backup_reserve", {"percent": 101}, "percent"),
        ("battery", "set_battery_power", {"power_kw": 99, "duration_s": 600}, "power_kw"),
        ("battery", "set_battery_power", {"power_kw": 1, "duration_s": 1e9}, "duration_s"),
        ("battery", "set_battery_mode", {"mode": "discharge", "max_soc_percent": 101}, "max_soc_percent"),
        ("inverter", "set_export_limit", {"limit_kw": -1}, "limit_kw"),
        ("inverter", "set_power_factor", {"power_factor": 0.5}, "power_factor"),
        ("charger", "set_current_limit", {"amps": 64}, "amps"),
        ("vehicle", "set_charge_limit", {"percent": 20}, "percent"),
        ("thermostat", "set_hvac_mode", {"mode": "heat", "heat_c": 60}, "heat_c"),
        ("thermostat", "set_hvac_mode", {"mode": "auto", "heat_c": 22, "cool_c": 22.5}, "cool_c"),
        ("thermostat", "hold_temperature", {"heat_c": 20, "cool_c": 24, "until": "2099-01-01T00:00:00Z"}, "until"),
    ],
)
def test_what_is_unsafe_is_refused_with_its_limit_and_remedy(send, kind, command, parameters, parameter):
    answer = send(kind, command, **parameters)
    fault = answer.json()["error"]
    assert (answer.status_code, fault["code"], fault["parameter"]) == (422, "unsafe_command", parameter)
    assert fault["remedy"]


def test_nothing_below_the_customers_reserve(done, send):
    done("battery", "set_backup_reserve", percent=30)
    answer = send("battery", "set_battery_mode", mode="discharge", min_soc_percent=10)
    assert (answer.status_code, answer.json()["error"]["parameter"]) == (422, "min_soc_percent")


@pytest.mark.parametrize(
    ("command", "parameters"),
    [
        ("set_fan", {"fan": "on"}),
        ("nonsense", {}),
        ("set_backup_reserve", {}),
        ("set_backup_reserve", {"percent": "20"}),
        ("set_backup_reserve", {"percent": True}),
        ("set_backup_reserve", {"percent": 20, "more": 1}),
    ],
)
def test_what_is_malformed_is_refused(send, command, parameters):
    answer = send("battery", command, **parameters)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


def test_a_body_that_is_no_json_is_refused(cloud):
    device = cloud.device("battery")["device_id"]
    assert cloud.api("POST", f"/v1/devices/{device}/commands", data=b"{").status_code == 400
    assert cloud.api("POST", f"/v1/devices/{device}/commands", data=b"[]").status_code == 400
