"""An event from its first command to its end: who is told, once each, in which order, and what came of everybody."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from devices.commands.expiring import end_overdue
from devices.commands.states import Status
from devices.kind import DeviceType
from devices.models import Command, Device
from programs.dispatch import scheduling, starting, stopping
from programs.dispatch.instructions import Discharge
from programs.models import DispatchEvent, DispatchTarget
from programs.models.dispatch import EventStatus
from tests.dispatch.conftest import (
    BY,
    a_program,
    again,
    answer,
    drafted,
    fleet,
    orders,
    outcomes,
    restores,
    running,
    scheduled,
    targets,
    tell,
    wanted,
    work_off,
)
from texture_portal import clock
from texture_portal.refusals import Refusal

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def finished(event):
    """Its window passes, and every device is brought back."""
    work_off(event.ends_at)
    answer(event, Status.COMPLETE, now=event.ends_at, restores=True)
    work_off(event.ends_at + MINUTE)
    return again(event)


def test_an_event_runs_from_preview_to_the_end_with_everybody_told_once_and_brought_back():
    program = a_program()
    kinds = ("battery", "thermostat", "charger", "inverter")
    devices = [each for kind in kinds for each in fleet(program, 3, kind=kind)]
    event = running(program)
    assert event.status == EventStatus.RUNNING
    assert set(outcomes(event).values()) == {"asked"}
    counts = Counter(orders(event).values_list("device", flat=True))
    assert {counts[each.pk] for each in devices if each.type != "thermostat"} == {1}
    assert {counts[each.pk] for each in devices if each.type == "thermostat"} == {2}  # cooled ahead, then set back
    assert set(restores(event).values_list("status", flat=True)) == {"pending"}
    event = finished(event)
    assert event.status == EventStatus.FINISHED
    assert set(outcomes(event).values()) == {"took_part"}
    assert {each.restore for each in event.targets.all()} == {"restored"}
    assert Counter(restores(event).values_list("device", flat=True)) == {each.pk: 1 for each in devices}


def test_nobody_is_told_before_its_turn_and_everybody_within_ramp_and_chance():
    program = a_program()
    fleet(program, 40)
    event = scheduled(program, ramp=20 * MINUTE, randomise=10 * MINUTE)
    work_off(event.starts_at - scheduling.LEAD - MINUTE)
    assert not orders(event).exists()
    work_off(event.starts_at + 8 * MINUTE)
    begun = orders(event).count()
    assert 0 < begun < 40
    assert not orders(event).filter(starts_at__gt=event.starts_at + 8 * MINUTE + scheduling.LEAD).exists()
    tell(list(Device.objects.all()), {"chargePercentage": 90}, now=event.starts_at + 20 * MINUTE)
    work_off(event.starts_at + 28 * MINUTE)
    assert orders(event).count() == 40
    assert set(orders(event).values_list("ends_at", flat=True)) == {event.ends_at}


def test_where_workers_were_away_what_is_over_is_passed_over_and_the_rest_is_told():
    program = a_program()
    fleet(program, kind="thermostat")
    event = scheduled(program)
    work_off(event.starts_at + MINUTE)
    assert orders(event).get().input["coolTarget"] == 78
    assert set(outcomes(event).values()) == {"asked"}


def test_devices_of_more_important_events_are_told_first(monkeypatch):
    monkeypatch.setattr(starting, "CHUNK", 2)
    less, more = a_program(), a_program()
    fleet(less, 2)
    fleet(more, 2)
    now = clock.now()
    late, early = scheduled(less, now=now, priority=1), scheduled(more, now=now, priority=2)
    starting.begin_due(now=late.starts_at)
    starting.tell_some(now=late.starts_at)
    assert (orders(early).count(), orders(late).count()) == (2, 0)


def test_the_more_important_event_has_the_device_and_the_other_is_told_why_not():
    program, other = a_program(), a_program()
    (device,) = fleet(program)
    device.participations.create(program=other, joined_at=clock.now())
    now = clock.now()
    less = scheduled(program, now=now, priority=1)
    more = scheduled(other, now=now, priority=2)
    work_off(less.starts_at)
    assert outcomes(more) == {device.pk: "asked"}
    (target,) = less.targets.all()
    assert (target.outcome, target.reason) == ("refused", "second_event")
    assert not orders(less).exclude(status="rejected").exists()


def test_what_is_no_longer_safe_when_its_turn_comes_is_refused_by_its_rule_and_never_sent():
    program = a_program()
    (device,) = fleet(program)
    event = scheduled(program)
    tell([device], {"chargePercentage": 90, "isStormModeActive": True}, now=clock.now() + MINUTE)
    work_off(event.starts_at)
    (target,) = event.targets.all()
    assert (target.outcome, target.reason) == ("refused", "storm_mode")
    assert orders(event).get().sent_at is None
    assert finished(event).status == EventStatus.FINISHED


def test_each_outcome_is_what_the_other_side_said_of_it():
    program = a_program()
    devices = fleet(program, 4)
    event = scheduled(program)
    work_off(event.starts_at)
    said = {"code": "E7", "detail": "The inverter is asleep."}
    answer(event, Status.COMPLETE, now=event.starts_at, devices=devices[:1])
    answer(event, Status.REJECTED, now=event.starts_at, devices=devices[1:2], said=said)
    answer(event, Status.FAILED, now=event.starts_at, devices=devices[2:3], said=said)
    end_overdue(now=event.starts_at + 20 * MINUTE)  # nobody took the last one
    event = finished(event)
    found = targets(event)
    assert [found[each.pk].outcome for each in devices] == ["took_part", "refused", "failed", "expired"]
    assert found[devices[1].pk].detail == said["detail"]
    # What came to nothing needs no way back; what failed half way is brought back all the same.
    assert [found[each.pk].restore for each in devices] == ["restored", "not_needed", "restored", "not_needed"]


def test_a_restore_that_fails_is_reported_as_not_done():
    program = a_program()
    fleet(program, 2)
    event = running(program)
    work_off(event.ends_at)
    first, second = restores(event)
    answer(event, Status.COMPLETE, now=event.ends_at, restores=True, devices=[first.device])
    answer(event, Status.FAILED, now=event.ends_at, restores=True, devices=[second.device])
    work_off(event.ends_at + MINUTE)
    assert again(event).status == EventStatus.FINISHED
    found = targets(event)
    assert (found[first.device_id].restore, found[second.device_id].restore) == ("restored", "not_restored")
    assert found[second.device_id].restore_detail == "failed_at_device"


def test_a_restore_of_which_nobody_ever_told_is_reported_as_not_done():
    program = a_program()
    fleet(program)
    event = running(program)
    work_off(event.ends_at)
    end_overdue(now=event.ends_at + timedelta(hours=4))
    work_off(event.ends_at + timedelta(hours=4))
    (target,) = event.targets.all()
    assert (again(event).status, target.outcome, target.restore) == ("finished", "took_part", "not_restored")


def test_an_event_is_not_over_while_a_device_may_still_be_under_way():
    program = a_program()
    fleet(program, 2)
    event = running(program)
    work_off(event.ends_at)
    assert again(event).status == EventStatus.RESTORING
    answer(event, Status.COMPLETE, now=event.ends_at, restores=True, devices=[restores(event)[0].device])
    work_off(event.ends_at + MINUTE)
    assert again(event).status == EventStatus.RESTORING


def test_who_leaves_while_it_cools_ahead_needs_no_way_back_since_that_hold_ends_by_itself():
    program = a_program()
    (device,) = fleet(program, kind="thermostat")
    event = scheduled(program)
    begins_at = again(event).begins_at
    work_off(begins_at)
    answer(event, Status.COMPLETE, now=begins_at, devices=[device])
    stopping.opt_out(targets(event)[device.pk], reason="Guests.", now=begins_at, by=BY)
    work_off(begins_at)
    assert targets(event)[device.pk].restore == "not_needed"


# Leaving before the end


def test_cancelled_in_its_midst_an_event_tells_nobody_more_and_brings_everybody_back_now():
    program = a_program()
    devices = fleet(program, 30)
    event = scheduled(program, ramp=40 * MINUTE)
    midst = event.starts_at + 15 * MINUTE
    tell(devices, {"chargePercentage": 90}, now=midst - 5 * MINUTE)
    work_off(midst)
    answer(event, Status.COMPLETE, now=midst)
    ready = set(orders(event).values_list("device", flat=True))
    told = set(orders(event).exclude(sent_at=None).values_list("device", flat=True))
    assert 0 < len(told) <= len(ready) < 30
    scheduling.cancel(event, reason="The grid operator called it off.", now=midst, by=BY)
    work_off(midst)
    under_way = restores(event).filter(finished_at=None)
    assert set(under_way.values_list("device", "due_at")) == {(each, midst) for each in told}
    answer(event, Status.COMPLETE, now=midst, restores=True)
    work_off(midst + MINUTE)
    event = again(event)
    assert (event.status, event.closed_at) == (EventStatus.CANCELLED, midst + MINUTE)
    assert {pk for pk, outcome in outcomes(event).items() if outcome == "cancelled"} == ready
    assert {outcome for pk, outcome in outcomes(event).items() if pk not in ready} == {"dropped"}
    assert {pk for pk, each in targets(event).items() if each.restore == "restored"} == told
    work_off(event.ends_at)
    assert set(orders(event).values_list("device", flat=True)) == ready


def test_what_was_not_yet_sent_when_it_was_cancelled_is_never_sent_and_needs_no_way_back():
    program = a_program()
    fleet(program)
    event = scheduled(program)
    work_off(event.starts_at - MINUTE)
    scheduling.cancel(event, reason="Off.", now=event.starts_at - MINUTE, by=BY)
    work_off(event.starts_at)
    assert set(Command.objects.filter(event_id=event.pk).values_list("status", flat=True)) == {"cancelled"}
    (target,) = event.targets.all()
    assert (target.outcome, target.restore) == ("cancelled", "not_needed")
    assert again(event).status == EventStatus.CANCELLED


def test_a_draft_or_a_scheduled_event_is_cancelled_at_once():
    program = a_program()
    fleet(program)
    for event in (drafted(program), scheduled(program)):
        done = scheduling.cancel(event, reason="Off.", now=clock.now(), by=BY)
        assert done.status == EventStatus.CANCELLED
        assert set(outcomes(event).values()) == {"dropped"}


def test_a_customer_sits_out_one_event_before_or_in_its_midst():
    program = a_program()
    before, midst, stays = fleet(program, 3)
    event = scheduled(program)
    found = targets(event)
    stopping.opt_out(found[before.pk], reason="A baby sleeps.", now=clock.now(), by=BY)
    work_off(event.starts_at)
    answer(event, Status.COMPLETE, now=event.starts_at)
    now = event.starts_at + MINUTE
    stopping.opt_out(found[midst.pk], reason="Guests.", now=now, by=BY)
    assert set(orders(event).values_list("device", flat=True)) == {midst.pk, stays.pk}
    assert restores(event).get(device=midst).due_at == now
    assert restores(event).get(device=stays).due_at == event.ends_at
    answer(event, Status.COMPLETE, now=now, restores=True)
    work_off(now)
    found = targets(event)
    assert [found[each.pk].outcome for each in (before, midst, stays)] == ["opted_out", "opted_out", "asked"]
    assert (found[midst.pk].detail, found[midst.pk].restore) == ("Guests.", "restored")
    assert found[midst.pk].decided_by == "system tests"
    assert finished(event).status == EventStatus.FINISHED
    with pytest.raises(Refusal):
        stopping.opt_out(found[midst.pk], reason="Again.", now=now, by=BY)


def test_who_sits_out_goes_on_to_when_the_event_is_amended():
    program = a_program()
    (device,) = fleet(program)
    fleet(program)
    event = scheduled(program)
    stopping.opt_out(targets(event)[device.pk], reason="No.", now=clock.now(), by=BY)
    scheduling.amend(event, wanted(after=timedelta(minutes=20)), reason="Later.", now=clock.now(), by=BY)
    work_off(clock.now())
    assert sorted(outcomes(event).values()) == ["opted_out", "planned"]


def test_who_may_not_be_controlled_any_more_is_stopped_by_the_next_sweep():
    program = a_program()
    gone, stays = fleet(program, 2)
    event = running(program)
    Device.objects.filter(pk=gone.pk).update(may_control=False)
    now = event.starts_at + MINUTE
    work_off(now)
    found = targets(event)
    assert (found[gone.pk].outcome, found[stays.pk].outcome) == ("withdrawn", "asked")
    assert restores(event).get(device=gone).due_at == now


# What is refused, by the verbs and by the database


@pytest.mark.parametrize(
    "changes",
    [
        {"lasts": timedelta()}, {"lasts": timedelta(hours=25)}, {"after": timedelta(minutes=-1)},
        {"after": timedelta(days=731)},
        {"ramp": timedelta(hours=1), "randomise": timedelta(minutes=1)}, {"instructions": {}},
        {"instructions": {DeviceType.BATTERY: Discharge(1.5)}},
    ],
)  # fmt: skip
def test_an_event_that_makes_no_sense_is_not_drafted(changes):
    with pytest.raises(Refusal):
        drafted(a_program(), **changes)
    assert not DispatchEvent.objects.exists()


def test_only_a_previewed_draft_in_time_with_somebody_in_it_is_scheduled():
    program = a_program()
    now = clock.now()
    unseen = scheduling.draft(program, wanted(now=now), reason="x", now=now, by=BY)
    nobody = drafted(program)
    fleet(program)
    for event, when in ((unseen, now), (nobody, now), (drafted(program), now + timedelta(hours=1))):
        with pytest.raises(Refusal):
            scheduling.schedule(event, reason="x", now=when, by=BY)
    event = scheduled(program)
    with pytest.raises(Refusal):
        scheduling.schedule(event, reason="x", now=now, by=BY)


def test_once_devices_are_told_an_event_is_not_amended_but_cancelled():
    program = a_program()
    fleet(program)
    event = running(program)
    with pytest.raises(Refusal, match="cancel it"):
        scheduling.amend(event, wanted(), reason="x", now=event.starts_at, by=BY)


def test_who_did_what_and_why_is_in_the_history_which_nobody_can_change():
    program = a_program()
    fleet(program)
    event = finished(running(program))
    said = list(event.history.order_by("history_id").values_list("status", "history_change_reason"))
    assert said == [
        ("draft", "A hot day. (system tests)"),
        ("scheduled", "The grid operator asked. (system tests)"),
        ("running", "its window begins (system dispatch)"),
        ("restoring", "its window is over (system dispatch)"),
        ("finished", "what became of every device is known (system dispatch)"),
    ]
    with pytest.raises(DatabaseError), transaction.atomic():
        event.history.all().delete()


def test_the_database_refuses_illegal_moves():
    program = a_program()
    fleet(program)
    event = scheduled(program)
    with pytest.raises(DatabaseError), transaction.atomic():
        DispatchEvent.objects.filter(pk=event.pk).update(status="finished", closed_at=clock.now())
    for outcome in ("took_part", "failed", "left_out"):
        with pytest.raises(DatabaseError), transaction.atomic():
            DispatchTarget.objects.filter(event=event).update(outcome=outcome, reason="x", due_at=None)
