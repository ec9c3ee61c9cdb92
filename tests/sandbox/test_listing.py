"""Discovery: list sites, list devices, page by page; and nothing beyond one's access."""

import pytest


def test_pages_hold_every_device_once(cloud):
    whole = cloud.everything("/v1/devices", page_size=200)
    by_small_pages = cloud.everything("/v1/devices", page_size=7)
    assert by_small_pages == whole
    assert len({each["device_id"] for each in whole}) == len(whole) == cloud.told["devices"] == 24


def test_sites_lead_to_their_devices(cloud):
    sites = cloud.everything("/v1/sites", page_size=3)
    found = [each for site in sites for each in cloud.everything(f"/v1/sites/{site['site_id']}/devices")]
    assert sorted(each["device_id"] for each in found) == sorted(
        each["device_id"] for each in cloud.everything("/v1/devices")
    )
    assert {each["site_id"] for each in found} == {site["site_id"] for site in sites}
    assert all(site["address"]["country"] == "US" for site in sites)


def test_a_device_is_what_the_list_says(cloud):
    for kind in ("battery", "inverter", "charger", "vehicle", "thermostat"):
        listed = cloud.device(kind)
        assert cloud.get(f"/v1/devices/{listed['device_id']}") == listed
        assert listed["commands"]


@pytest.mark.parametrize("page_size", ["0", "201", "-1", "ten", "²"])
def test_a_page_size_that_is_none_is_refused(cloud, page_size):
    answer = cloud.api("GET", "/v1/devices", params={"page_size": page_size})
    assert answer.status_code == 400
    assert answer.json()["error"]["parameter"] == "page_size"


@pytest.mark.parametrize("cursor", ["x", "YXQ6LTU", "AAAA", "é"])
def test_a_cursor_of_somewhere_else_is_refused(cloud, cursor):
    answer = cloud.api("GET", "/v1/devices", params={"cursor": cursor})
    assert answer.status_code == 400
    assert answer.json()["error"]["parameter"] == "cursor"


@pytest.mark.parametrize("path", ["/v1/devices/nothing", "/v1/sites/nothing/devices", "/v1/commands/nothing"])
def test_what_is_not_there_is_404(cloud, path):
    assert cloud.api("GET", path).status_code == 404
