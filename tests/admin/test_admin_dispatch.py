"""The pages of dispatch events: who may do what, what they show, and that they are counted by the database."""

import csv
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from devices.commands.states import Status
from devices.models import Command
from programs.models import DispatchEvent
from tests.admin.conftest import member_of
from tests.dispatch.conftest import a_program, again, answer, drafted, fleet, running, scheduled, targets, work_off
from texture_portal import clock

pytestmark = pytest.mark.django_db
ADD = "admin:programs_dispatchevent_add"


def page_of(event):
    return reverse("admin:programs_dispatchevent_change", args=(event.pk,))


def typed(program, **changes):
    """As the form posts it."""
    start = timezone.localtime(clock.now()) + timedelta(hours=1)
    end = start + timedelta(hours=2)
    given = {
        "program": str(program.pk), "name": "Heat wave", "choice": "program", "discharge": "80", "ramp": "10",
        "randomise": "5", "priority": "3", "reason": "A hot day.",
        "starts_at_0": f"{start:%Y-%m-%d}", "starts_at_1": f"{start:%H:%M:%S}",
        "ends_at_0": f"{end:%Y-%m-%d}", "ends_at_1": f"{end:%H:%M:%S}",
    }  # fmt: skip
    return given | changes


def test_staff_draft_an_event_by_the_form_and_it_is_as_typed():
    staff, program = member_of("Program staff"), a_program()
    answered = staff.post(reverse(ADD), typed(program, pre_cool="3", pre_cool_minutes="20", set_back="4",
                                              assumed_kw="1.2", stop_charging="on", curtail="40"))  # fmt: skip
    event = DispatchEvent.objects.get()
    assert answered.url == page_of(event)
    assert {kind: each["action"] for kind, each in event.instructions.items()} == {
        "battery": "discharge", "thermostat": "pre_cool", "charger": "stop_charging", "vehicle": "stop_charging",
        "inverter": "curtail",
    }  # fmt: skip
    assert (event.ramp_seconds, event.randomise_seconds, event.priority) == (600, 300, 3)
    assert event.history.get().history_change_reason == "A hot day. (staff program-staff)"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"discharge": ""}, "asks something of one device type"),
        ({"ends_at_1": "", "ends_at_0": ""}, "required"),
        ({"starts_at_0": "2020-01-01"}, "within 24 hours"),
        ({"choice": "portfolio"}, "Say which"),
        ({"choice": "zips", "zips": "9490"}, "no ZIP code"),
        ({"choice": "area", "area": "{}"}, "no GeoJSON"),
        ({"choice": "list", "listed": "nobody-knows-it"}, "mean no device"),
        ({"choice": "utility", "utility": "0"}, "EIA id"),
        ({"discharge": "101"}, "less than or equal to 100"),
        ({"reason": ""}, "required"),
    ],
)
def test_what_makes_no_event_is_said_at_the_form(changes, said):
    answered = member_of("Program staff").post(reverse(ADD), typed(a_program(), **changes))
    assert answered.status_code == 200
    assert said in answered.content.decode()
    assert not DispatchEvent.objects.exists()


def test_staff_schedule_amend_and_cancel_with_a_reason_that_is_kept(carry_out, said):
    staff, program = member_of("Program staff"), a_program()
    fleet(program)
    event = drafted(program, after=timedelta(minutes=30))
    assert "Reason" in said(carry_out(staff, event, "schedule"))[0]
    carry_out(staff, event, "schedule", reason="The operator asked.")
    assert again(event).status == "scheduled"
    given = {name: value for name, value in typed(program).items() if name != "program"}
    carry_out(staff, event, "amend", **given | {"reason": "Later, and deeper."})
    amended = again(event)
    assert amended.instructions["battery"]["share"] == 0.8
    assert amended.previewed_at is None
    carry_out(staff, event, "cancel", reason="It rains.")
    assert again(event).status == "cancelled"
    reasons = event.history.order_by("history_id").values_list("history_change_reason", "history_user_id")
    assert list(reasons)[1:] == [
        ("The operator asked. (staff program-staff)", staff.user.pk),
        ("Later, and deeper. (staff program-staff)", staff.user.pk),
        ("It rains. (staff program-staff)", staff.user.pk),
    ]


def test_a_customer_is_let_off_by_the_name_of_the_device(carry_out, said):
    staff, program = member_of("Program staff"), a_program()
    first, second = fleet(program, 2)
    event = scheduled(program)
    carry_out(staff, event, "opt-out", device=first.serial_number, reason="Guests.")
    assert {pk: each.outcome for pk, each in targets(event).items()} == {first.pk: "opted_out", second.pk: "planned"}
    assert "No device of this event" in said(carry_out(staff, event, "opt-out", device="x", reason="Guests."))[0]


def test_an_auditor_looks_and_touches_nothing(carry_out):
    auditor, program = member_of("Auditor"), a_program()
    (device,) = fleet(program)
    event = drafted(program)
    assert auditor.get(page_of(event)).status_code == 200
    assert auditor.get(reverse("admin:programs_dispatchtarget_changelist")).status_code == 200
    assert auditor.get(reverse(ADD)).status_code == 403
    for verb in ("schedule", "preview", "amend", "opt-out", "cancel"):
        assert carry_out(auditor, event, verb, reason="x", device=device.serial_number).status_code == 403
    assert again(event).status == "draft"


def test_a_manager_of_partners_sees_no_event():
    event = drafted(a_program())
    manager = member_of("Partner manager")
    for url in (page_of(event), reverse("admin:programs_dispatchevent_report", args=(event.pk,))):
        assert manager.get(url).status_code == 403


def test_the_page_of_a_running_event_counts_who_is_how_far_and_says_why_others_are_not(onlooker):
    program = a_program()
    fleet(program, 3)
    fleet(program, 2, may_control=False)
    event = scheduled(program)
    work_off(event.starts_at)
    answer(event, Status.ACCEPTED, now=event.starts_at, devices=list(Command.objects.values_list("device")[:2]))
    shown = onlooker.get(page_of(event))
    groups = {group.css: count for group, count in shown.context["groups"]}
    assert groups == {"waits": 1, "answered": 2, "acts": 0, "fails": 0, "out": 2}
    assert [row[0] for row in shown.context["reasons"]["rows"]] == ["No active enrollment with a valid consent"]
    (spot,) = shown.context["map"].spots
    assert spot.devices == 5
    assert shown.context["answers"].lines[1].last == "2"
    assert "7.5 kW" in shown.content.decode()


def test_the_live_part_comes_alone_until_nothing_moves_any_more(onlooker):
    program = a_program()
    fleet(program)
    event = drafted(program)
    assert onlooker.get(page_of(event), {"live": "1"}).status_code == 204
    event = running(program)
    part = onlooker.get(page_of(event), {"live": "1"})
    assert part.status_code == 200
    assert "<html" not in part.content.decode()
    assert 'data-url="?live=1"' in onlooker.get(page_of(event)).content.decode()


def test_a_page_costs_the_same_for_however_many_devices(onlooker, django_assert_max_num_queries):
    program = a_program()
    fleet(program, 2)
    few = running(program)
    fleet(program, 120, place={"latitude": 39.0})
    many = drafted(program, after=timedelta(hours=5))
    for event in (few, many):
        with django_assert_max_num_queries(22):
            assert onlooker.get(page_of(event)).status_code == 200


def test_the_report_has_a_row_for_each_device_with_its_outcome_and_way_back(onlooker):
    program = a_program()
    took_part, refused = fleet(program, 2, serial_number="=1+1")
    fleet(program, may_control=False)
    event = scheduled(program)
    work_off(event.starts_at)
    answer(event, Status.COMPLETE, now=event.starts_at, devices=[took_part])
    answer(event, Status.REJECTED, now=event.starts_at, devices=[refused], said={"code": "E1", "detail": "@no"})
    work_off(event.ends_at)
    answer(event, Status.COMPLETE, now=event.ends_at, restores=True)
    work_off(event.ends_at)
    answered = onlooker.get(reverse("admin:programs_dispatchevent_report", args=(event.pk,)))
    rows = {each["deviceId"]: each for each in csv.DictReader(_text(answered).splitlines())}
    assert len(rows) == 3
    first, second = rows[str(took_part.pk)], rows[str(refused.pk)]
    assert (first["outcome"], first["restore"], first["expectedKw"]) == ("took_part", "restored", "2.5")
    assert all(first[name] for name in ("sentAt", "acknowledgedAt", "restoredAt"))
    assert (second["outcome"], second["detail"], second["serialNumber"]) == ("refused", "'@no", "'=1+1")
    assert sorted(each["reason"] for each in rows.values()) == ["", "not_cleared", "rejected_by_partner"]


def _text(answered):
    return b"".join(answered.streaming_content).decode()
