"""Pull, against the simulated OEM: each command carried out once, whatever breaks, and followed to a true end."""

import time
from datetime import timedelta

import pytest
from django.db.models import Sum

from devices.commands import tasks
from devices.commands.cancelling import cancel
from devices.commands.sending.pulling import tasks as pulling
from devices.commands.sending.pulling.desk import CommandDesk
from devices.commands.tasks import work_off
from devices.models import Command, Device, MakerBucket, Standing
from devices.polling.tasks import poll_due
from devices.telemetry.taking import Observed, take
from tests.commands.conftest import BACK, BY, RATINGS, SLUGS, STATE, again, at_rest, cleared, issued, order
from tests.polling.conftest import cloud_of, enroll_listed, oem, partner, running, simulated_document
from tests.waiting import PATIENCE
from texture_portal import clock

__all__ = ["oem", "partner", "running"]
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_worker_waits_for_more(monkeypatch):
    monkeypatch.setattr(tasks, "PATIENCE", 0.0)
    monkeypatch.setattr(pulling, "PATIENCE", -timedelta(minutes=1))  # nor for what came due while it worked


@pytest.fixture
def cloud(partner, oem):
    made = cloud_of(
        partner, oem.url, key=oem.told["api_key"],
        rate_limits=dict.fromkeys(("metadata", "telemetry", "control"), "900/s:900"),
    )  # fmt: skip
    poll_due(now=clock.now())
    enroll_listed(made)
    poll_due(now=clock.now())  # what is enrolled is reached through the connection from now on
    return made


@pytest.fixture
def fleet(cloud):
    """The cloud's batteries, ready to be commanded."""
    found = list(Device.objects.filter(partner=cloud.partner, type="battery"))
    for device in found:
        device.commands, device.ratings = SLUGS, RATINGS
        cleared(device)
    take(cloud.partner, [Observed(each.manufacturer_device_id, clock.now(), STATE) for each in found], now=clock.now())
    return [Device.objects.get(pk=each.pk) for each in found]


def idle(device, **options):
    return order(device, command="battery:set-operating-mode", input={"operatingMode": "idle"}, **options)


def call(*, after=timedelta()):
    pulling.call_due(now=clock.now() + after)


def carried_out(oem, *commands) -> list[bool]:
    """Which of them the cloud has."""
    there = {
        each["command_id"]
        for command in commands
        for each in oem.get(f"/v1/devices/{command.device.manufacturer_device_id}/commands")["data"]
    }
    return [str(each.pk) in there for each in commands]


def until_over(*commands, oem=None):
    """The simulated device takes three seconds."""
    ends = time.monotonic() + PATIENCE
    while any(again(each).is_unfinished for each in commands):
        Standing.objects.all().delete()
        assert time.monotonic() < ends, [again(each).status for each in commands]
        time.sleep(0.3)
        call()


def test_commands_are_accepted_in_the_call_and_followed_to_their_end(fleet, oem):
    made = issued(*[idle(each, lasts=HOUR) for each in fleet[:3]])
    call()
    assert {again(each).status for each in made} == {"accepted"}
    assert all(again(each).way == "pull" and again(each).acknowledged_at for each in made)
    until_over(*made)
    assert {again(each).status for each in made} == {"complete"}
    assert all(carried_out(oem, *made))
    kept = again(made[0])
    assert [each.after for each in kept.changes.all()][:2] == ["pending", "accepted"]
    assert kept.attempts.first().outcome == "ok"
    assert kept.attempts.first().status == 202


def test_a_command_at_a_tpdos_cloud_counts_for_the_maker_of_its_device(fleet, oem, cloud):
    cloud.partner.kind = "tpdo"
    cloud.partner.save()
    Device.objects.filter(pk=fleet[0].pk).update(manufacturer="Bolt")
    issued(*[idle(each, lasts=HOUR) for each in fleet[:3]])
    call()
    counted = MakerBucket.objects.filter(category="control").values_list("maker_key").annotate(Sum("count"))
    assert dict(counted) == {"bolt": 1, "acme energy": 2}


def test_what_is_put_goes_in_the_clouds_own_words_and_units(fleet, oem):
    [command] = issued(order(fleet[0], input={"power": 1500, "durationSeconds": 600}))
    call()
    assert again(command).status == "accepted", again(command).error_detail
    told = oem.get(f"/v1/commands/{command.pk}")
    assert (told["command"], told["parameters"]) == ("set_battery_power", {"power_kw": -1.5, "duration_s": 600})


def test_a_refusal_of_the_cloud_is_kept_as_it_came(fleet, oem):
    oem.fault("storm")
    [command] = issued(idle(fleet[0], lasts=HOUR, restore=BACK))
    call()
    command = again(command)
    assert (command.status, command.error_code) == ("rejected", "rejected_by_partner")
    assert command.error_said["code"] == "storm_guard_active"
    assert again(command.restore).error_code == "nothing_to_restore"


def test_a_failure_is_told_with_what_helps(fleet, oem):
    oem.fault("command_fails")
    [command] = issued(idle(fleet[0]))
    call()
    until_over(command)
    assert (again(command).status, again(command).error_said["code"]) == ("failed", "device_unreachable")


def test_an_answer_that_is_lost_is_asked_for_and_not_sent_again(fleet, oem):
    """The cloud did it, and what it said was cut in half."""
    oem.fault("malformed_json", category="control", count=1)
    [command] = issued(idle(fleet[0]))
    call()
    assert again(command).step == "ask"
    until_over(command)
    assert again(command).status == "complete"
    steps = [each.step for each in again(command).attempts.all()]
    assert steps.count("send") == 1


def test_what_never_came_is_sent_again_once_the_cloud_says_so(fleet, oem):
    oem.fault("server_error", category="control", count=1)
    [command] = issued(idle(fleet[0]))
    call()
    until_over(command)
    assert again(command).status == "complete"
    assert [each.step for each in again(command).attempts.all()][:3] == ["send", "ask", "send"]


def test_a_cloud_that_is_busy_is_left_alone_and_asked_later(fleet, oem):
    oem.fault("too_many_requests", category="control", count=1, retry_after=1)
    [command] = issued(idle(fleet[0]))
    call()
    assert (again(command).status, again(command).step) == ("pending", "send")
    until_over(command)
    assert again(command).status == "complete"


def test_what_a_cloud_put_off_is_not_sent_again_to_who_takes_no_orders_any_more(fleet, oem):
    """A portfolio that it is in was suspended meanwhile; no job has cancelled anything yet."""
    oem.fault("too_many_requests", category="control", count=1, retry_after=1)
    [command] = issued(idle(fleet[0], lasts=HOUR, restore=BACK))
    call()
    at_rest(fleet[0])
    Standing.objects.all().delete()
    call(after=timedelta(seconds=5))
    assert (again(command).status, again(command).error_code) == ("cancelled", "orders_stopped")
    call(after=timedelta(seconds=10))
    assert carried_out(oem, command, command.restore) == [False, True]  # what may have come is undone


def test_a_cloud_that_is_away_until_the_end_leaves_an_honest_end(fleet, oem, cloud):
    cloud.base_url = "http://127.0.0.1:9"
    cloud.save()
    [command] = issued(idle(fleet[0], lasts=HOUR, restore=BACK))
    call()
    work_off(now=clock.now() + timedelta(minutes=16))
    assert (again(command).status, again(command).error_code) == ("failed", "outcome_unknown")
    assert again(command.restore).status == "pending"  # it may have been begun
    Standing.objects.all().delete()
    cloud.base_url = oem.url
    cloud.save()
    call(after=HOUR + timedelta(minutes=1))
    assert again(command.restore).status == "accepted"


def test_what_a_document_has_no_words_for_is_never_sent(fleet, oem, cloud):
    document = simulated_document()
    del document["control"]["commands"]["battery:set-operating-mode"]
    cloud.document = document
    cloud.save()
    [command] = issued(idle(fleet[0]))
    call()
    assert (again(command).status, again(command).error_code) == ("rejected", "not_translatable")
    assert carried_out(oem, command) == [False]


def test_a_running_command_that_is_cancelled_is_undone_at_once(fleet, oem):
    [command] = issued(idle(fleet[0], lasts=HOUR, restore=BACK))
    call()
    cancel([command], reason="consent_revoked", now=clock.now(), by=BY)
    call()
    call()
    assert (again(command).status, again(command).step) == ("cancelled", "")
    assert again(command.restore).status == "accepted"
    assert all(carried_out(oem, command, command.restore))


def test_one_that_is_called_off_while_its_call_is_under_way_is_called_off_at_the_cloud_too(fleet, oem, monkeypatch):
    [command] = issued(idle(fleet[0]))
    add = CommandDesk.add

    def meanwhile(desk, trip, *given, **more):
        cancel([command], reason="withdrawn", now=clock.now(), by=BY)
        add(desk, trip, *given, **more)

    with monkeypatch.context() as patched:
        patched.setattr(CommandDesk, "add", meanwhile)
        call()
    call()
    assert (again(command).status, again(command).step) == ("cancelled", "")
    assert [each.step for each in again(command).attempts.all()] == ["send", "cancel"]


def test_what_is_owed_a_device_is_given_back_at_once_when_the_order_that_took_it_over_is_refused(fleet, oem):
    [first] = issued(idle(fleet[0], lasts=HOUR, restore=BACK))
    call()
    [second] = issued(idle(fleet[0], lasts=2 * HOUR, restore=BACK, starts_at=clock.now() + timedelta(minutes=1)))
    at_rest(fleet[0])
    call(after=timedelta(minutes=2))
    assert (again(second).status, again(second).error_code) == ("rejected", "orders_stopped")
    call(after=timedelta(minutes=2))
    assert again(second.restore).status == "accepted"
    assert again(first).status == "cancelled"


def test_a_stuck_command_ends_as_unknown(fleet, oem):
    oem.fault("command_stuck")
    [command] = issued(idle(fleet[0]))
    call()
    work_off(now=clock.now() + timedelta(hours=1, minutes=16))
    assert (again(command).status, again(command).error_code) == ("failed", "outcome_unknown")
    assert Command.objects.filter(deadline_at__isnull=False).count() == 0
