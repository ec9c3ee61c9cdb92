"""Limits are told, kept, and the client's own."""

import pytest

from partners.sandbox.limits import limits_from
from tests.waiting import PATIENCE


def test_what_is_over_the_limit_is_refused_until_it_says(cloud):
    cloud.control("POST", "limits", {"limits": "telemetry=0.1/s:3"})
    answers = [cloud.api("GET", "/v1/states") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0", "0"]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 10
    assert answers[-1].json()["error"]["code"] == "too_many_requests"


def test_another_category_and_another_client_have_their_own(cloud):
    cloud.control("POST", "limits", {"limits": "telemetry=0.1/s:1"})
    assert [cloud.api("GET", "/v1/states").status_code for _ in range(2)] == [200, 429]
    assert cloud.api("GET", "/v1/sites").status_code == 200
    client = cloud.told["client"]
    token = cloud.http.post(
        f"{cloud.url}/oauth/token",
        data={"grant_type": "client_credentials", "client_id": client["id"], "client_secret": client["secret"]},
        timeout=PATIENCE,
    ).json()["access_token"]
    assert cloud.api("GET", "/v1/states", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_day_has_an_end_too(cloud):
    cloud.control("POST", "limits", {"limits": "historical=100/s+2/day"})
    device = cloud.device("battery")["device_id"]
    path = f"/v1/devices/{device}/history"
    statuses = [cloud.api("GET", path, params={"start": "2026-11-20T00:00:00Z"}).status_code for _ in range(3)]
    assert statuses[2] == 429
    assert 429 not in statuses[:2]


def test_the_limits_are_told(cloud):
    told = cloud.control("POST", "limits", {"limits": "control=2/s:4+9/day"})
    assert told["control"] == {"per_second": 2, "burst": 4, "per_day": 9}
    assert cloud.http.get(f"{cloud.url}/v1/limits", timeout=PATIENCE).json() == told


def test_the_busiest_second_is_counted(cloud):
    for _ in range(3):
        cloud.get("/v1/sites")
    assert cloud.control("GET", "counters")["busiest_second"]["metadata"] >= 1


@pytest.mark.parametrize("text", ["telemetry", "nothing=5/s", "telemetry=0/s", "telemetry=5", "telemetry=5/s:0"])
def test_a_limit_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match=r"no rate limit|nothing through"):
        limits_from(text)
