"""Streams, readings that were not taken, and telemetry given away as a file."""

import csv
import json
from collections import Counter
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from devices.connections import programmatic, renewal
from devices.connectors import registry
from devices.connectors.native.messages import Message
from devices.connectors.native.messages import take as take_messages
from devices.connectors.pull import shipped
from devices.models import Cloud, ConnectorDocument, Portfolio, ReadingRefusal, StreamPosition, TelemetryExport
from devices.telemetry import refusing
from devices.telemetry.taking import Observed, take
from tests.admin.conftest import member_of
from tests.factories import DeviceFactory, PartnerFactory
from texture_portal import actors, clock

BY = actors.system("tests")
pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db):
    return member_of("Program staff")


@pytest.fixture
def device():
    made, now = DeviceFactory(), clock.now()
    told = [
        Observed(made.manufacturer_device_id, now - timedelta(hours=hours), {"chargePercentage": hours})
        for hours in (2, 30)
    ]
    assert take(made.partner, told, now=now).accepted == 2
    return made


def asked(client, subject, **given):
    url = reverse(f"admin:devices_{subject._meta.model_name}_verb", args=(subject.pk, "export-telemetry"))
    return client.post(url, {"days": 1, "granularity": "raw", "reason": "A study", **given})


def rows_of(answer):
    assert answer.streaming
    assert answer["Content-Disposition"].startswith("attachment")
    return list(csv.DictReader(line.decode() for line in answer.streaming_content))


def test_telemetry_of_a_device_is_given_as_a_file_and_that_is_on_record(staff, device):
    [row] = rows_of(asked(staff, device))
    assert row["chargePercentage"] == "2"
    assert len(rows_of(asked(staff, device, days=7))) == 2
    first = TelemetryExport.objects.earliest("id")
    assert (first.device, first.portfolio, first.user_id) == (device, None, staff.user.pk)
    assert (first.reason, first.end - first.start) == ("A study", timedelta(days=1))


def test_of_a_portfolio_likewise(staff, device):
    portfolio = Portfolio.objects.create(name="Marin", kind="program")
    other = DeviceFactory()
    portfolio.devices.add(device, other, through_defaults={"added_at": clock.now()})
    assert {row["deviceId"] for row in rows_of(asked(staff, portfolio, days=7))} == {str(device.pk)}
    assert TelemetryExport.objects.get().portfolio == portfolio


@pytest.mark.parametrize("given", [{"reason": ""}, {"days": 400}, {"granularity": "1s"}])
def test_nothing_is_given_without_a_reason_or_beyond_what_is_offered(staff, device, given):
    assert asked(staff, device, **given).status_code == 302
    assert not TelemetryExport.objects.exists()


@pytest.mark.parametrize("group", ["Auditor", "Partner manager"])
def test_others_may_not(group, device):
    assert asked(member_of(group), device).status_code == 403


def test_the_record_of_exports_only_grows(staff, device):
    asked(staff, device)
    for change in (lambda rows: rows.update(reason="another"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(TelemetryExport.objects.all())
    assert "A study" in member_of("Auditor").get(reverse("admin:devices_telemetryexport_changelist")).content.decode()


def test_what_a_broker_brought_and_was_not_taken_is_counted_by_partner_and_reason(staff, device):
    partner, now = device.partner, clock.now()
    whole = f"portal/v1/{partner.pk}/telemetry"
    batch = [
        Message(whole, b'{"readings": [{"manufacturerDeviceId": "nobody", "observedAt": "2026-05-01T17:03:00Z",'
                       b' "state": {}}, 7]}'),
        Message(whole, b"nonsense"),
        Message("portal/v1/nobody/telemetry", b"{}"),
        Message(f"portal/v1/{device.pk}/telemetry", b'{"readings": [1]}'),
    ]  # fmt: skip
    for _ in range(2):
        assert take_messages(batch, now=now) == 0
    counted = ReadingRefusal.objects.order_by("code").values_list("partner", "code", "count")
    assert sorted(counted, key=str) == sorted(
        [
            (partner.pk, "unknown_device", 2),
            (partner.pk, "invalid", 2),
            (partner.pk, "malformed_message", 2),
            (None, "malformed_message", 2),
            (None, "partner_unknown_or_suspended", 2),
        ],
        key=str,
    )
    shown = staff.get(reverse("admin:devices_readingrefusal_changelist")).content.decode()
    assert partner.name in shown
    assert "Unknown device" in shown or "unknown device" in shown


def test_old_counts_are_purged():
    now = clock.now()
    refusing.note(None, "mqtt", Counter(old=1), now=now - timedelta(days=36))
    refusing.note(None, "mqtt", Counter(new=1), now=now)
    refusing.purge(now=now)
    assert [each.code for each in ReadingRefusal.objects.all()] == ["new"]


@pytest.fixture
def pushing():
    return Cloud.objects.create(
        partner=PartnerFactory(), name="Sunny", base_url="https://sunny.example", connector="push"
    )


def test_broken_connections_and_cut_streams_are_on_the_front_page(staff, pushing):
    now = clock.now()
    broken, cut = (
        programmatic.connect_by_api_key(pushing, grantor="fleet", key="k", name=name, now=now, by=BY)
        for name in ("The broken one", "The cut one")
    )
    before = staff.get("/admin/").content.decode()
    assert "Connections that are broken" not in before
    renewal.break_off(broken, "key_refused", now=now)
    StreamPosition.objects.create(
        connection=cut, cut_at=now - timedelta(minutes=6), cut_reason="timed_out", told_at=now - timedelta(hours=1)
    )
    shown = staff.get("/admin/").content.decode()
    for part in ("Connections that are broken", "Streams that are cut", "Sunny"):
        assert part in shown


def test_a_streams_document_is_written_as_others_are_and_tried_on_a_pasted_message(staff, pushing):
    document = shipped.document("simulated", registry.PATTERNS["push"].shipped)
    page = reverse("admin:devices_connectordocument_change", args=(pushing.pk,))
    assert "simulated" in staff.get(page).content.decode()
    write = reverse("admin:devices_connectordocument_write", args=(pushing.pk,))
    message = '{"data": [{"device_id": "B", "observed_at": "2026-05-04T11:59:00Z", "battery": {"soc_percent": 50}}]}'
    given = {"document": json.dumps(document), "call": "stream", "answer": message, "names": "{}", "reason": "new"}
    tried = staff.post(write, {**given, "try": "1"})
    assert {"chargePercentage": 50} in [each.observation.state for each in tried.context["trial"].readings]
    staff.post(write, {**given, "save": "1"})
    assert ConnectorDocument.objects.get(pk=pushing.pk).document == document
    wrong = {**given, "document": json.dumps({**document, "calls": {}})}
    assert staff.post(write, {**wrong, "save": "1"}).context["faults"]
