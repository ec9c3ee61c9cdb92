"""Streams, readings that were not taken, and telemetry given as a file, at the width of a desk and of a phone."""

import csv
from collections import Counter
from datetime import timedelta

import pytest

from devices.connections import programmatic, renewal
from devices.models import Cloud, Portfolio, StreamPosition
from devices.telemetry import refusing
from devices.telemetry.taking import Observed, take
from tests.browser.test_connection_pages import opened, page_of
from tests.factories import DeviceFactory, PartnerFactory
from texture_portal import actors, clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BY = actors.system("tests")


def exported(page, row):
    """The rows of the file that the button gives."""
    page.goto(page_of(row))
    form = opened(page, "export-telemetry")
    form.locator("[name=reason]").fill("Settlement of May.")
    with page.expect_download() as downloading:
        form.locator("button[type=submit]").click()
    return list(csv.DictReader(downloading.value.path().read_text().splitlines()))


@pytest.mark.performs("devices.device:export-telemetry", "devices.portfolio:export-telemetry")
def test_telemetry_is_exported_from_the_pages_of_a_device_and_of_a_portfolio(sign_in, keep):
    device, now = DeviceFactory(), clock.now()
    told = [Observed(device.manufacturer_device_id, now - timedelta(hours=hours), {"charge": 5}) for hours in (1, 2)]
    assert take(device.partner, told, now=now).accepted == 2
    portfolio = Portfolio.objects.create(name="Golden Bay", kind="program")
    portfolio.devices.add(device, through_defaults={"added_at": now})
    page = sign_in("Program staff")
    for row in (device, portfolio):
        assert [each["charge"] for each in exported(page, row)] == ["5", "5"]
    page.goto(page_of(device))
    opened(page, "export-telemetry")
    keep(page, "device-export")
    auditor = sign_in("Auditor")
    auditor.goto("/admin/devices/telemetryexport/")
    keep(auditor, "telemetry-exports")
    assert auditor.get_by_text("Settlement of May.").count() == 2


def test_what_is_cut_broken_or_not_taken_is_seen(sign_in, keep):
    now, partner = clock.now(), PartnerFactory()
    cloud = Cloud.objects.create(
        partner=partner, name="Sunny Cloud", base_url="https://sunny.example", connector="push"
    )  # fmt: skip
    broken, cut = (
        programmatic.connect_by_api_key(cloud, grantor="fleet", key="k", name=name, now=now, by=BY)
        for name in ("Rooftop fleet", "Garage fleet")
    )
    renewal.break_off(broken, "key_refused", now=now)
    StreamPosition.objects.create(
        connection=cut, cut_at=now - timedelta(minutes=9), cut_reason="timed_out", told_at=now - timedelta(hours=1)
    )
    refusing.note(partner.pk, "mqtt", Counter(unknown_device=12, not_allowed=3), now=now)
    refusing.note(None, "mqtt", Counter(malformed_message=2), now=now)
    page = sign_in("Program staff")
    page.goto("/admin/")
    keep(page, "front-broken")
    assert page.get_by_text("Connections that are broken").count()
    for name in ("streamposition", "readingrefusal"):
        page.goto(f"/admin/devices/{name}/")
        keep(page, name)
    assert page.get_by_text("nobody that is known").count()
    page.goto(f"/admin/devices/streamposition/{cut.pk}/change/")
    keep(page, "stream")
