"""An operator runs an event in the browser: draft, preview, schedule, watch, end, report; and the ways out of one."""

import csv
from datetime import timedelta
from random import Random

import pytest
from django.urls import reverse
from django.utils import timezone

from devices.commands.states import Status
from devices.models import Command
from programs.models import DispatchEvent
from tests.browser.test_console import carry_out
from tests.dispatch.conftest import a_program, again, answer, drafted, fleet, work_off
from texture_portal import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MINUTE = timedelta(minutes=1)


def a_county():
    """Some dozens of homes with devices of every type, not all of which can take part."""
    program, draw = a_program(name="Summer peak"), Random(7)
    for number in range(24):
        place = {"latitude": 37.9 + draw.random() * 0.4, "longitude": -122.7 + draw.random() * 0.5}
        for kind in draw.sample(["battery", "thermostat", "charger", "inverter"], 2):
            fleet(program, kind=kind, place=place, may_control=number % 6 > 0)
    return program


def type_event(page, *, after, lasts, **fields):
    start = timezone.localtime(clock.now() + after)
    for name, instant in (("starts_at", start), ("ends_at", start + lasts)):
        page.fill(f"[name={name}_0]", f"{instant:%Y-%m-%d}")
        page.fill(f"[name={name}_1]", f"{instant:%H:%M:%S}")
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)


@pytest.mark.performs(
    "programs.dispatchevent:add", "programs.dispatchevent:schedule", "programs.dispatchevent:report",
    "programs.dispatchevent:opt-out",
)  # fmt: skip
def test_an_operator_runs_an_event_from_preview_to_report(sign_in, keep):
    program = a_county()
    page = sign_in("Program staff")
    page.goto(reverse("admin:programs_dispatchevent_add"))
    page.select_option("[name=program]", str(program.pk))
    asked = {"discharge": "80", "pre_cool": "3", "pre_cool_minutes": "5", "set_back": "4", "curtail": "50"}
    type_event(page, after=9 * MINUTE, lasts=timedelta(hours=2), name="Heat wave", ramp="10", reason="A peak.", **asked)
    page.locator("[name=stop_charging]").check(force=True)
    keep(page, "dispatch-draft")
    page.click("#draft-form button[type=submit]")
    page.wait_for_url("**/change/")
    event = DispatchEvent.objects.get()
    work_off(clock.now())
    page.reload()
    assert "Nobody is told anything until it is scheduled." in page.content()
    assert "No active enrollment with a valid consent" in page.content()
    keep(page, "dispatch-preview")
    carry_out(page, "schedule", reason="Agreed with the utility.")
    assert "The first device is told at" in page.content()

    midst = again(event).starts_at + 6 * MINUTE
    work_off(again(event).begins_at)
    answer(event, Status.COMPLETE, now=again(event).begins_at)
    work_off(again(event).starts_at)
    told = list(Command.objects.filter(event_id=event.pk, restores=None).values_list("device", flat=True))
    answer(event, Status.COMPLETE, now=midst, devices=told[: len(told) // 2])
    said = {"code": "asleep", "detail": "The device sleeps."}
    answer(event, Status.REJECTED, now=midst, devices=told[len(told) // 2 :][:4], said=said)
    work_off(midst)
    page.reload()
    assert "Running" in page.content()
    asked = event.targets.filter(outcome="asked").select_related("device")[0]
    carry_out(page, "opt-out", device=asked.device.serial_number, reason="Guests are coming.")
    assert "sits out this event" in page.content()
    keep(page, "dispatch-running")

    answer(event, Status.COMPLETE, now=event.ends_at)
    work_off(event.ends_at)
    answer(event, Status.COMPLETE, now=event.ends_at, restores=True)
    work_off(event.ends_at + 3 * timedelta(hours=1))
    page.reload()
    assert again(event).status == "finished"
    keep(page, "dispatch-finished")
    with page.expect_download() as download:
        page.get_by_text("Download the report").click()
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert len(rows) == event.targets.count()
    assert {"left_out", "took_part", "refused", "opted_out"} <= {each["outcome"] for each in rows}
    page.goto(f"{reverse('admin:programs_dispatchtarget_changelist')}?event__id__exact={event.pk}")
    keep(page, "dispatch-targets")


@pytest.mark.performs("programs.dispatchevent:amend", "programs.dispatchevent:preview", "programs.dispatchevent:cancel")
def test_an_event_is_previewed_anew_amended_and_cancelled(sign_in, keep):
    program = a_program()
    fleet(program, 3)
    event = drafted(program, after=timedelta(minutes=30))
    page = sign_in("Program staff")
    page.goto(reverse("admin:programs_dispatchevent_change", args=(event.pk,)))
    carry_out(page, "preview", reason="Some came online.")
    assert "drawn up anew" in page.content()
    page.locator("#amend-form").locator("xpath=preceding-sibling::summary").click()
    keep(page, "dispatch-amend")
    page.locator("#amend-form").locator("xpath=preceding-sibling::summary").click()
    carry_out(page, "amend", name="A milder wave", reason="The forecast changed.")
    assert again(event).name == "A milder wave"
    carry_out(page, "cancel", reason="It rains.")
    assert "It is cancelled." in page.content()
    keep(page, "dispatch-cancelled")
    assert again(event).status == "cancelled"


def test_an_area_is_drawn_corner_by_corner(sign_in, keep):
    program = a_program()
    fleet(program, place={"latitude": 38.0, "longitude": -122.5})
    fleet(program, place={"latitude": 38.6, "longitude": -121.5})
    page = sign_in("Program staff")
    page.goto(reverse("admin:programs_dispatchevent_add"))
    page.get_by_text("Draw the area on a map").click()
    canvas = page.locator(".dispatch-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for x, y in ((0.02, 0.55), (0.5, 0.55), (0.5, 0.97), (0.02, 0.97)):  # the south-western quarter
        canvas.click(position={"x": box["width"] * x, "y": box["height"] * y})
    keep(page, "dispatch-drawing")
    assert page.input_value("[name=choice]") == "area"
    page.select_option("[name=program]", str(program.pk))
    type_event(page, after=timedelta(hours=1), lasts=timedelta(hours=1), name="Valley", discharge="50", reason="x")
    page.click("#draft-form button[type=submit]")
    page.wait_for_url("**/change/")
    work_off(clock.now())
    (target,) = DispatchEvent.objects.get().targets.select_related("device__site")
    assert target.device.site.latitude == 38.0


def test_the_figures_are_looked_up_again_and_what_is_typed_beside_them_stays(sign_in):
    program = a_program()
    fleet(program)
    event = drafted(program)
    page = sign_in("Program staff")
    page.goto(reverse("admin:programs_dispatchevent_change", args=(event.pk,)))
    carry_out(page, "schedule", reason="Go.")
    page.locator("#cancel-form").locator("xpath=preceding-sibling::summary").click()
    page.fill("#cancel-form [name=reason]", "Half a sent")
    work_off(event.starts_at)
    page.wait_for_function("document.getElementById('live').textContent.includes('Running')")
    assert page.input_value("#cancel-form [name=reason]") == "Half a sent"
