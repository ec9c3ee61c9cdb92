"""Program engineers write a connector document in the admin, try it, and put it into force."""

import json

import pytest
from django.urls import reverse

from devices.connectors.pull import shipped
from devices.models import Cloud, DiscoveredDevice, Poll
from devices.polling.call_log import CallLog
from devices.polling.tasks import poll_due
from tests.admin.conftest import member_of
from tests.factories import PartnerFactory
from tests.polling.conftest import cloud_of, enroll_listed
from tests.sandbox.running import running_cloud
from texture_portal import clock

DOCUMENT = shipped.document("simulated")
STATE = {
    "device_id": "d-1", "observed_at": "2026-05-01T11:59:00Z", "online": True,
    "charger": {"status": "CHARGING", "power_kw": 7.2, "voltage_v": 240.0, "current_a": 30.0, "current_limit_a": 32},
}  # fmt: skip


@pytest.fixture
def cloud(db):
    return Cloud.objects.create(partner=PartnerFactory(), name="Simulated", base_url="http://127.0.0.1:9")


def page(cloud, verb="change"):
    return reverse(f"admin:devices_connectordocument_{verb}", args=(cloud.pk,))


def posted(client, cloud, button, **members):
    given = {"document": json.dumps(DOCUMENT), "call": "state", "answer": json.dumps(STATE), "names": "{}", **members}
    return client.post(page(cloud, "write"), {**given, button: "1"})


def test_a_document_is_tried_on_a_pasted_answer(cloud):
    client = member_of("Program staff")
    shown = posted(client, cloud, "try").content.decode()
    assert "chargerWattage" in shown
    assert "7200.0 W" in shown
    assert "devices[2].state" in shown
    assert "2026-05-01T11:59:00Z" in shown
    assert "nothing_found" not in shown
    cloud.refresh_from_db()
    assert cloud.document == {}


def test_devices_of_a_list_are_shown(cloud):
    client = member_of("Program staff")
    listed = {"data": [{"device_id": "d-1", "type": "battery", "serial_number": "S-1"}], "next_cursor": None}
    shown = posted(client, cloud, "try", call="devices", answer=json.dumps(listed)).content.decode()
    assert "d-1" in shown
    assert "S-1" in shown


def test_faults_are_shown_with_their_places(cloud):
    client = member_of("Program staff")
    wrong = json.loads(json.dumps(DOCUMENT))
    wrong["devices"][0]["fields"]["chargeRate"]["unit"] = "kWh"
    shown = posted(client, cloud, "save", document=json.dumps(wrong)).content.decode()
    assert "devices[0].fields.chargeRate.unit" in shown
    assert "kWh does not become W" in shown
    cloud.refresh_from_db()
    assert cloud.document == {}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"document": "{"}, "The document is no JSON"),
        ({"answer": "nonsense"}, "The answer is no JSON"),
        ({"call": "sites"}, "Say which call"),
        ({"names": "[]"}, "Say which call"),
    ],
)
def test_what_cannot_be_tried_is_said(cloud, members, said):
    client = member_of("Program staff")
    assert said in posted(client, cloud, "try", **members).content.decode()


def test_a_good_document_is_put_into_force_on_record(cloud):
    client = member_of("Program staff")
    posted(client, cloud, "save", reason="the new API")
    cloud.refresh_from_db()
    assert cloud.document == DOCUMENT
    assert "the new API" in cloud.history.first().history_change_reason


def test_who_may_only_view_cannot_write(cloud):
    client = member_of("Auditor")
    assert client.get(page(cloud)).status_code == 200
    assert posted(client, cloud, "save").status_code == 403
    cloud.refresh_from_db()
    assert cloud.document == {}


def test_a_document_is_tried_on_the_present_answer(transactional_db, settings):
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    with running_cloud(devices=5) as oem:
        made = cloud_of(PartnerFactory(), oem.url, key=oem.told["api_key"])
        client = member_of("Program staff")
        shown = posted(client, made, "fetch", call="states", answer="").content.decode()
        assert "devices[0].state.bulk" in shown
        poll_due(now=clock.now())
        enroll_listed(made)
        poll_due(now=clock.now())
    for name in ("discovereddevice", "poll", "callbucket"):
        listed = client.get(reverse(f"admin:devices_{name}_changelist"))
        assert listed.status_code == 200
    assert "Fresh readings" in listed.content.decode()
    for row in (DiscoveredDevice.objects.first(), Poll.objects.first()):
        address = reverse(f"admin:devices_{row._meta.model_name}_change", args=(row.pk,))
        assert client.get(address).status_code == 200


def test_no_key_stands_on_the_page(transactional_db):
    made = cloud_of(PartnerFactory(), "http://127.0.0.1:9", key="top-secret-key")
    client = member_of("Program staff")
    assert "top-secret-key" not in client.get(page(made)).content.decode()


def test_the_log_counts_by_the_minute(db, cloud):
    log, now = CallLog(), clock.now()
    for seconds in (0.04, 0.3, 1.5):
        log.note(cloud.pk, "state", "telemetry", outcome="ok", seconds=seconds, now=now)
    log.write()
    log.note(cloud.pk, "state", "telemetry", outcome="ok", seconds=0.3, now=now)
    log.write()
    [row] = cloud.call_buckets.all()
    assert (row.count, row.latencies[:6]) == (4, [1, 0, 0, 2, 0, 1])
