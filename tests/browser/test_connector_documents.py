"""A connector document written, tried and put into force, in the browser; the page fits a desk and a phone."""

import json

import pytest
from django.urls import reverse

from devices.connectors.pull import shipped
from devices.models import Cloud
from tests.factories import PartnerFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ANSWER = {
    "device_id": "d-1", "observed_at": "2026-05-01T11:59:00Z",
    "charger": {"status": "LOCKED", "power_kw": 7.2, "voltage_v": 240.0, "current_a": 30.0},
}  # fmt: skip


@pytest.mark.performs("devices.connectordocument:write")
def test_a_document_is_tried_and_put_into_force(sign_in, keep):
    cloud = Cloud.objects.create(partner=PartnerFactory(), name="Simulated", base_url="https://cloud.example")
    page = sign_in("Program staff")
    page.goto(reverse("admin:devices_connectordocument_change", args=(cloud.pk,)))
    page.select_option("#id_start", "simulated")
    page.get_by_role("button", name="Show it below").click()
    assert json.loads(page.input_value("#id_document")) == shipped.document("simulated")
    page.fill("#id_call", "state")
    page.fill("#id_answer", json.dumps(ANSWER))
    page.get_by_role("button", name="Try on the answer").click()
    shown = page.inner_text("#content")
    assert "7200.0 W" in shown
    assert "devices[2].fields.chargingState" in shown
    assert "LOCKED" in shown
    keep(page, "connector-document")
    page.fill("#id_reason", "the new API")
    page.get_by_role("button", name="Put into force").click()
    cloud.refresh_from_db()
    assert cloud.document == shipped.document("simulated")
