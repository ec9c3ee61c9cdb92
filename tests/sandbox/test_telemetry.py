"""State, bulk states and history tell one story."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from partners.sandbox.clock import from_wire


def wire(instant):
    return instant.isoformat()


@pytest.fixture
def now(cloud):
    """The simulation's own, which other tests may have set ahead."""
    battery = cloud.device("battery")["device_id"]
    return datetime.fromtimestamp(from_wire(cloud.get(f"/v1/devices/{battery}/state")["observed_at"]), UTC)


@pytest.mark.parametrize("kind", ["battery", "inverter", "charger", "vehicle", "thermostat"])
def test_every_kind_tells_its_blocks(cloud, kind):
    told = cloud.get(f"/v1/devices/{cloud.device(kind)['device_id']}/state")
    assert kind in told
    assert told["online"] is True


def test_bulk_tells_what_single_calls_tell(cloud):
    names = [each["device_id"] for each in cloud.everything("/v1/devices")]
    answer = cloud.api("POST", "/v1/states/query", json={"device_ids": [*names[:10], "nothing"]}).json()
    assert [each["device_id"] for each in answer["data"]] == names[:10]
    assert answer["missing"] == ["nothing"]
    assert [each["device_id"] for each in cloud.everything("/v1/states", page_size=5)] == names
    single = cloud.get(f"/v1/devices/{names[0]}/state")
    assert set(single) == set(answer["data"][0])


@pytest.mark.parametrize("ids", [None, [], ["x"] * 1001])
def test_bulk_wants_1_to_1000_ids(cloud, ids):
    assert cloud.api("POST", "/v1/states/query", json={"device_ids": ids}).status_code == 400


@pytest.mark.parametrize(("minutes", "rows"), [(5, 36), (15, 12), (60, 3)])
def test_history_in_each_granularity_adds_up(cloud, now, minutes, rows):
    battery = cloud.device("battery")["device_id"]
    end = now.replace(minute=0, second=0) - timedelta(hours=1)
    told = cloud.everything(
        f"/v1/devices/{battery}/history", start=wire(end - timedelta(hours=3)), end=wire(end), interval_minutes=minutes
    )
    assert len(told) == rows
    assert told[-1]["observed_at"] == end.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for before, after in pairwise(told):
        gained = after["battery"]["energy_kwh"] - before["battery"]["energy_kwh"]
        assert gained == pytest.approx(after["battery"]["power_kw"] * minutes / 60, abs=3e-6)


def test_history_of_ninety_days_comes_in_pages(cloud, now):
    inverter = cloud.device("inverter")["device_id"]
    start = now - timedelta(days=90)
    told = cloud.everything(
        f"/v1/devices/{inverter}/history", start=wire(start), end=wire(now), interval_minutes=60, page_size=1000
    )
    assert len(told) in (90 * 24 - 1, 90 * 24)
    seen = [each["observed_at"] for each in told]
    assert seen == sorted(set(seen))
    small = cloud.everything(
        f"/v1/devices/{inverter}/history", start=wire(start), end=wire(start + timedelta(days=2)), interval_minutes=60,
        page_size=7,
    )  # fmt: skip
    assert small == told[: len(small)]


def test_history_ends_where_now_begins(cloud, now):
    battery = cloud.device("battery")["device_id"]
    told = cloud.everything(
        f"/v1/devices/{battery}/history",
        start=wire(now - timedelta(hours=1)),
        end=wire(now + timedelta(days=1)),
        interval_minutes=5,
    )
    assert told
    assert from_wire(told[-1]["observed_at"]) <= now.timestamp() + 5


@pytest.mark.parametrize(
    "query",
    [
        {"start": "2020-01-01T00:00:00Z"},
        {"start": "yesterday"},
        {"start": "2026-01-01T00:00:00"},
        {},
        {"start": "2026-01-01T00:00:00Z", "interval_minutes": "7"},
    ],
)
def test_history_refuses_what_it_cannot_tell(cloud, query):
    battery = cloud.device("battery")["device_id"]
    answer = cloud.api("GET", f"/v1/devices/{battery}/history", params=query)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
