"""What devices tell, looked at."""

from datetime import timedelta
from math import sin

import pytest

from devices.telemetry import rollups
from devices.telemetry.taking import Observed, take
from tests.factories import DeviceFactory
from texture_portal import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.performs("devices.device:fleet")
def test_a_devices_page_and_the_fleet_show_what_they_should(sign_in, keep):
    device, now = DeviceFactory(commands=["battery:set-reserve"]), clock.now()
    DeviceFactory(customer=device.customer)
    told = [
        Observed(
            device.manufacturer_device_id,
            now - timedelta(minutes=15 * number + 2),
            {
                "chargePercentage": round(50 + 40 * sin(number / 15), 1),
                "chargeRate": round(4000 * sin(number / 15 + 1.5)),
                "gridPower": round(1500 * sin(number / 9)), "chargingState": "charging", "isStormModeActive": False,
            },
        )
        for number in range(96 * 7)
    ]  # fmt: skip
    assert take(device.partner, told, now=now).accepted == len(told)
    while rollups.roll_up(now=now):
        pass
    page = sign_in("Program staff")
    page.goto(f"/admin/devices/device/{device.pk}/change/")
    page.locator("canvas.chart").nth(3).wait_for()
    page.wait_for_timeout(800)  # charts move in, for the picture
    assert page.locator("canvas.chart").count() == 4
    keep(page, "device")
    page.goto("/admin/devices/device/fleet/")
    keep(page, "fleet")
    assert page.get_by_text(device.partner.name).count()
