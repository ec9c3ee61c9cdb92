"""A device's history (contract §5): raw and rolled up, in pages, right as soon as a reading is taken."""

from datetime import UTC, datetime, timedelta

import pytest

from contract.client import Client
from contract.payloads import enrollment
from devices.telemetry import rollups
from partners.pagination import instant_cursor
from texture_portal import clock


@pytest.fixture
def device(oem: Client) -> dict:
    return oem.enrolled(enrollment())["device"]


HOUR = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=2)


def wire(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def post(partner: Client, device: dict, *told: tuple[float, dict]) -> None:
    """Each at so many minutes after the hour."""
    readings = [
        {
            "manufacturerDeviceId": device["manufacturerDeviceId"],
            "observedAt": wire(HOUR + timedelta(minutes=minutes)),
            "state": state,
        }
        for minutes, state in told
    ]
    assert partner.post("/v1/telemetry", {"readings": readings}).json["accepted"] == len(told)


def history(partner: Client, device: dict, **asked):
    asked = {"start": wire(HOUR), "end": wire(HOUR + timedelta(hours=3)), **asked}
    given = {name: value for name, value in asked.items() if value is not None}
    return partner.get(f"/v1/devices/{device['id']}/telemetry", **given)


def roll_up() -> None:
    while rollups.roll_up(now=clock.now()):
        pass


def test_readings_come_oldest_first(oem: Client, device: dict) -> None:
    post(oem, device, (20, {"chargeRate": 2}), (10, {"chargeRate": 1, "chargingState": "idle"}))
    assert history(oem, device).json == {
        "data": [
            {"observedAt": wire(HOUR + timedelta(minutes=10)), "state": {"chargeRate": 1, "chargingState": "idle"}},
            {"observedAt": wire(HOUR + timedelta(minutes=20)), "state": {"chargeRate": 2}},
        ],
        "nextCursor": None,
    }


@pytest.mark.parametrize("granularity", ["raw", "5m", "15m", "1h"])
@pytest.mark.parametrize("rolled", [False, True])
def test_pages_hold_everything_once(oem: Client, device: dict, granularity: str, rolled: bool) -> None:
    post(oem, device, *((5 * number, {"chargeRate": number}) for number in range(36)))
    if rolled:
        roll_up()
    whole = history(oem, device, granularity=granularity, limit=5000).json["data"]
    assert len(whole) == {"raw": 36, "5m": 36, "15m": 12, "1h": 3}[granularity]
    paged, cursor = [], None
    while cursor or not paged:
        page = history(oem, device, granularity=granularity, limit=2, **({"cursor": cursor} if cursor else {})).json
        paged, cursor = paged + page["data"], page["nextCursor"]
    assert paged == whole


@pytest.mark.parametrize("rolled", [False, True])
def test_a_bucket_has_means_sums_and_last_values(oem: Client, device: dict, rolled: bool) -> None:
    post(
        oem, device,
        (1, {"chargePercentage": 70, "gridEnergy": 10, "chargingState": "idle", "isStormModeActive": True}),
        (3, {"chargePercentage": 71, "gridEnergy": -4.5, "chargingState": "charging"}),
        (7, {"chargePercentage": 90}),
    )  # fmt: skip
    if rolled:
        roll_up()
    first, second = history(oem, device, granularity="5m").json["data"]
    assert first == {
        "observedAt": wire(HOUR),
        "state": {
            "chargePercentage": 70.5, "gridEnergy": 5.5, "chargingState": "charging", "isStormModeActive": True,
        },
        "readings": 2,
        "minimum": {"chargePercentage": 70},
        "maximum": {"chargePercentage": 71},
    }  # fmt: skip
    assert second == {
        "observedAt": wire(HOUR + timedelta(minutes=5)), "state": {"chargePercentage": 90},
        "readings": 1, "minimum": {}, "maximum": {},
    }  # fmt: skip
    (hour,) = history(oem, device, granularity="1h").json["data"]
    assert (hour["readings"], hour["state"]["chargePercentage"]) == (3, 77)


@pytest.mark.parametrize("again", [False, True], ids=["at once", "after the job"])
def test_late_readings_make_roll_ups_anew(oem: Client, device: dict, again: bool) -> None:
    post(oem, device, (1, {"chargeRate": 1}), (61, {"chargeRate": 5}))
    roll_up()
    post(oem, device, (2, {"chargeRate": 3}))
    if again:
        roll_up()
    told = history(oem, device, granularity="1h").json["data"]
    assert [(each["readings"], each["state"]) for each in told] == [(2, {"chargeRate": 2}), (1, {"chargeRate": 5})]


def test_a_bucket_counts_where_any_of_it_is_in_the_range(oem: Client, device: dict) -> None:
    post(oem, device, (1, {"chargeRate": 1}))
    roll_up()
    later = wire(HOUR + timedelta(minutes=30))
    assert len(history(oem, device, start=later, granularity="1h").json["data"]) == 1
    assert history(oem, device, start=later).json["data"] == []


@pytest.mark.parametrize(
    ("asked", "pointer", "code"),
    [
        ({"granularity": "2h"}, "/query/granularity", "invalid"),
        ({"limit": 5001}, "/query/limit", "out_of_range"),
        ({"start": "yesterday"}, "/query/start", "invalid"),
        ({"start": wire(HOUR - timedelta(days=100))}, "/query/start", "out_of_range"),
        ({"start": wire(HOUR + timedelta(days=1))}, "/query/start", "invalid"),
        ({"start": "9999-12-31T12:00:00Z", "end": None}, "/query/start", "invalid"),
        ({"cursor": "x"}, "/query/cursor", "invalid"),
    ],
)
def test_what_cannot_be_asked_is_refused(oem: Client, device: dict, asked: dict, pointer: str, code: str) -> None:
    answer = history(oem, device, **asked)
    assert (answer.code, answer.json["errors"][0]["pointer"]) == ("validation_failed", pointer)
    assert answer.json["errors"][0]["code"] == code


def test_after_the_last_instant_there_is_comes_nothing(oem: Client, device: dict) -> None:
    """A cursor is the partner's to write: nothing is added to what it says unseen."""
    post(oem, device, (1, {"chargeRate": 1}))
    last = instant_cursor(datetime.max.replace(tzinfo=UTC))
    assert history(oem, device, cursor=last).json == {"data": [], "nextCursor": None}


def test_the_last_day_is_told_unless_asked(oem: Client, device: dict) -> None:
    post(oem, device, (1, {"chargeRate": 1}))
    sent = {
        "manufacturerDeviceId": device["manufacturerDeviceId"], "observedAt": wire(clock.now()), "state": {},
    }  # fmt: skip
    oem.post("/v1/telemetry", {"readings": [sent]})
    told = oem.get(f"/v1/devices/{device['id']}/telemetry").json["data"]
    assert [each["state"] for each in told] in ([], [{}])  # one of this very second may be too new
    assert len(oem.get(f"/v1/devices/{device['id']}/telemetry", start=wire(HOUR)).json["data"]) == 1


def test_another_partners_history_is_not_there(oem: Client, stranger: Client, device: dict) -> None:
    assert history(stranger, device).code == "not_found"


def test_a_device_that_told_nothing_has_an_empty_history(oem: Client, device: dict) -> None:
    assert history(oem, device, granularity="15m").json == {"data": [], "nextCursor": None}


def test_an_inverters_battery_is_within_its_state(oem: Client) -> None:
    body = enrollment()
    body["device"] |= {"type": "inverter", "ratings": {}}
    body["device"]["capabilities"]["commands"] = []
    device = oem.enrolled(body)["device"]
    state = {"power": 3000, "batteryState": {"chargePercentage": 50, "chargingState": "idle"}}
    post(oem, device, (1, state), (2, {"power": 1000, "batteryState": {"chargePercentage": 60}}))
    roll_up()
    assert history(oem, device).json["data"][0]["state"] == state
    (bucket,) = history(oem, device, granularity="15m").json["data"]
    assert bucket["state"] == {"power": 2000, "batteryState": {"chargePercentage": 55, "chargingState": "idle"}}
    assert bucket["maximum"] == {"power": 3000, "batteryState": {"chargePercentage": 60}}
