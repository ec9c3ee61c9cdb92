"""What staff see of what devices tell: a device's page, and the fleet by partner."""

from datetime import timedelta

import pytest
from django.urls import reverse

from devices.models import Device
from devices.telemetry.taking import Observed, take
from tests.factories import DeviceFactory
from texture_portal import clock

pytestmark = pytest.mark.django_db
FLEET = "admin:devices_device_fleet"


def told(device: Device, *, minutes: float, **state) -> None:
    now = clock.now()
    seen = Observed(device.manufacturer_device_id, now - timedelta(minutes=minutes), state)
    assert take(device.partner, [seen], now=now).accepted == 1


def page(client, device: Device) -> str:
    return client.get(reverse("admin:devices_device_change", args=(device.pk,))).content.decode()


def test_a_devices_page_shows_its_state_in_units_and_charts_of_its_day_and_week(onlooker):
    device = DeviceFactory()
    told(device, minutes=40, chargePercentage=70)
    told(device, minutes=3, chargePercentage=71.5, chargeRate=-1200, isStormModeActive=True, gridStatus="importing")
    shown = page(onlooker, device)
    for part in ("71.5 %", "-1,200 W", "importing", "yes", "fresh", "3 min ago", "The last day, %", "The last week, W"):
        assert part in shown
    assert shown.count('class="chart"') == 4


def test_a_device_that_told_nothing_says_so(onlooker):
    shown = page(onlooker, DeviceFactory())
    assert "It has told nothing yet." in shown
    assert 'class="chart"' not in shown


def test_the_fleet_is_counted_by_partner(onlooker):
    device = DeviceFactory()
    fresh, stale, offline = (DeviceFactory(customer=device.customer) for _ in range(3))
    told(fresh, minutes=14, chargeRate=1)
    told(stale, minutes=16, chargeRate=1)
    told(offline, minutes=60 * 73, chargeRate=1)
    table = onlooker.get(reverse(FLEET)).context["fleet"]
    ((partner, *counts, every),) = table["rows"]
    assert device.partner.name in partner
    assert (["1" in str(count) for count in counts], every) == ([True] * 4, 4)
    for word, one in (("fresh", fresh), ("stale", stale), ("offline", offline), ("never", device)):
        listed = onlooker.get(reverse("admin:devices_device_changelist"), {"freshness": word}).context["cl"].queryset
        assert [each.pk for each in listed] == [one.pk]


def test_the_fleet_is_for_those_who_may_see_devices(reviewer):
    assert reviewer.get(reverse(FLEET)).status_code == 403
