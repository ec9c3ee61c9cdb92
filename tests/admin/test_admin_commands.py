"""Commands in the admin: a single one is issued by a form made of the registry, looked at, and called off."""

import pytest
from django.urls import reverse

from devices.models import Command
from tests.admin.conftest import member_of
from tests.commands.conftest import BACK, batteries, issued, order

pytestmark = pytest.mark.django_db
GIVEN = {"input_power": "9000", "input_durationSeconds": "600", "program_type": "demand_response", "minutes": "15"}


@pytest.fixture
def staff(db):
    return member_of("Program staff")


def page_of(device):
    return reverse("admin:devices_device_order", args=(device.pk,)) + "?command=battery:set-power"


def test_the_preview_says_what_safety_would_and_writes_nothing(staff):
    [battery] = batteries(1)
    page = staff.post(page_of(battery), {**GIVEN, "preview": "1"})
    assert b"It may go out" in page.content
    assert b"power is 5000" in page.content
    battery.may_control = False
    battery.save()
    assert b"not_cleared" in staff.post(page_of(battery), {**GIVEN, "preview": "1"}).content
    assert not Command.objects.exists()


def test_a_command_is_sent_from_the_devices_page_and_shows_what_became_of_it(staff, said):
    [battery] = batteries(1)
    assert (
        page_of(battery).partition("?")[0].encode()
        in staff.get(reverse("admin:devices_device_change", args=(battery.pk,))).content
    )
    answer = staff.post(page_of(battery), {**GIVEN, "send": "1"}, follow=True)
    command = Command.objects.get()
    assert said(answer) == ["It is on its way."]
    assert (command.asked["power"], command.input["power"]) == (9000, 5000)
    assert command.changed_by["name"] == "program-staff"
    assert b"Ratings" in answer.content


def test_a_form_that_lacks_something_is_shown_again(staff):
    [battery] = batteries(1)
    page = staff.post(page_of(battery), {**GIVEN, "input_power": "", "send": "1"})
    assert b"This field is required" in page.content
    assert not Command.objects.exists()


def test_a_command_is_called_off(staff, carry_out, said):
    [battery] = batteries(1)
    [command] = issued(order(battery))
    assert "is cancelled" in said(carry_out(staff, command, "cancel", reason="The event was a mistake."))[0]
    kept = Command.objects.get(pk=command.pk)
    assert (kept.status, kept.error_detail) == ("cancelled", "The event was a mistake.")


def test_the_list_and_a_restore_open(staff):
    from datetime import timedelta

    [battery] = batteries(1)
    [command] = issued(order(battery, lasts=timedelta(hours=1), restore=BACK))
    listed = staff.get(reverse("admin:devices_command_changelist"))
    assert listed.status_code == 200
    assert b"battery:set-power" in listed.content
    opened = staff.get(reverse("admin:devices_command_change", args=(command.pk,)))
    assert str(command.restore.pk).encode() in opened.content


@pytest.mark.parametrize("group", ["Auditor", "Partner manager"])
def test_others_send_nothing(group):
    [battery] = batteries(1)
    assert member_of(group).get(page_of(battery)).status_code == 403
