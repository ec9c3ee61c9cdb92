"""A single command from a device's page: asked of safety, sent, looked at, called off."""

import pytest

from devices.models import Command
from tests.commands.conftest import batteries

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.performs("devices.device:order", "devices.command:cancel")
def test_a_command_is_asked_about_sent_and_called_off(sign_in, keep):
    [battery] = batteries(1)
    page = sign_in("Program staff")
    page.goto(f"/admin/devices/device/{battery.pk}/change/")
    page.get_by_role("link", name="Send a command").click()
    page.locator("[name=input_power]").fill("9000")
    page.locator("[name=input_durationSeconds]").fill("600")
    page.get_by_role("button", name="What would safety say?").click()
    page.wait_for_load_state()
    assert "power is 5000" in page.content()
    keep(page, "command-preview")
    page.get_by_role("button", name="Send it").click()
    page.wait_for_load_state()
    assert "It is on its way." in page.content()
    keep(page, "command-sent")
    page.locator("#cancel-form").locator("xpath=preceding-sibling::summary").click()
    page.locator("#cancel-form [name=reason]").fill("The event was a mistake.")
    page.locator("#cancel-form button").click()
    page.wait_for_load_state()
    assert "It is cancelled." in page.content()
    assert Command.objects.get().status == "cancelled"
    page.goto("/admin/devices/command/")
    assert "battery:set-power" in page.content()
    keep(page, "commands")
