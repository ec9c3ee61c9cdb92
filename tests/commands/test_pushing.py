"""Push: the standard webhook, its answer, reports through the API; told twice never, and always to a true end."""

import json
import threading
from datetime import timedelta

import pytest

from devices.commands import progress, tasks
from devices.commands.cancelling import cancel, cancel_for_devices
from devices.commands.progress import NotNewsError, Report
from devices.commands.states import Status
from devices.commands.tasks import work_off
from devices.models import Command
from partners.models import Partner, WebhookAnswer
from tests.commands.conftest import BACK, BY, again, at_rest, batteries, cleared, issued, order
from tests.webhooks.conftest import _loopback_is_allowed, deliver, endpoint_at, receiver
from tests.webhooks.receiver import Handler, Received, in_turn
from texture_portal import clock

__all__ = ["_loopback_is_allowed", "endpoint_at", "receiver"]
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_worker_waits_for_more(monkeypatch):
    monkeypatch.setattr(tasks, "PATIENCE", 0.0)


def saying(status="accepted", **more):
    def manner(handler: Handler, received: Received) -> None:
        handler.say(200, json.dumps({"status": status, **more}).encode())

    return manner


@pytest.fixture
def pushed(receiver, endpoint_at):
    """A partner that answers so, and so many of its batteries."""

    def make(manner=None, *, count=1):
        there = receiver(manner or saying())
        endpoint = endpoint_at(there.url)
        return there, batteries(count, partner=Partner.objects.get(pk=endpoint.partner_id))

    return make


def work(*, after=timedelta()):
    """What the workers of commands and webhooks do that are woken so long from now."""
    now = clock.now() + after
    work_off(now=now)
    deliver(after=after)
    work_off(now=clock.now() + after)


def told(there, type="command.requested"):
    return [each.document["data"] for each in there.received if each.document["type"] == type]


def test_a_command_is_told_by_webhook_and_its_answer_acknowledges_it(pushed):
    there, devices = pushed(count=3)
    made = issued(*[order(each, lasts=HOUR) for each in devices])
    work()
    assert sorted(each["id"] for each in told(there)) == sorted(str(each.pk) for each in made)
    first = told(there)[0]
    assert first["command"] == "battery:set-power"
    assert first["manufacturerDeviceId"] in {each.manufacturer_device_id for each in devices}
    assert {each.status for each in Command.objects.all()} == {"accepted"}
    assert all(each.acknowledged_at for each in Command.objects.all())
    assert not WebhookAnswer.objects.exists()
    [report] = again(made[0]).reports.all()
    assert (report.source, report.is_news) == ("answer", True)


def test_a_rejection_is_kept_as_it_came_and_there_is_nothing_to_restore(pushed):
    _, [battery] = pushed(saying("rejected", code="E42", detail="The relay is stuck: reboot the gateway."))
    [command] = issued(order(battery, lasts=HOUR, restore=BACK))
    work()
    command = again(command)
    assert (command.status, command.error_code) == ("rejected", "rejected_by_partner")
    assert command.error_said == {"code": "E42", "detail": "The relay is stuck: reboot the gateway."}
    assert command.error_detail == "The relay is stuck: reboot the gateway."
    assert again(command.restore).error_code == "nothing_to_restore"


def test_a_receiver_that_fails_is_told_again_under_the_same_key(pushed):
    there, [battery] = pushed(in_turn(lambda handler, received: handler.say(503), saying()))
    [command] = issued(order(battery))
    work()
    assert again(command).status == "pending"
    work(after=timedelta(minutes=1))
    assert again(command).status == "accepted"
    keys = {each.headers["webhook-id"] for each in there.received}
    assert (len(there.received), len(keys)) == (2, 1)


def test_what_nobody_takes_expires_and_its_restore_goes_out_all_the_same(pushed):
    """The partner may have begun it: it said nothing."""
    there, [battery] = pushed(lambda handler, received: handler.say(204))
    [command] = issued(order(battery, lasts=HOUR, restore=BACK))
    work()
    assert again(command).status == "pending"
    work(after=timedelta(minutes=16))
    assert (again(command).status, again(command).error_code) == ("expired", "not_acknowledged")
    work(after=HOUR + timedelta(minutes=1))
    assert [each["command"] for each in told(there)] == ["battery:set-power", BACK["command"]]


def test_what_never_went_out_expires_with_its_restore(battery, transactional_db):
    [command] = issued(order(battery, starts_at=clock.now() + timedelta(minutes=10), lasts=HOUR, restore=BACK))
    work_off(now=clock.now() + timedelta(minutes=16))
    assert (again(command).status, again(command).error_code) == ("expired", "not_sent")
    assert again(command.restore).error_code == "nothing_to_restore"


def test_it_goes_out_no_earlier_than_it_starts_and_is_weighed_again_then(pushed):
    there, devices = pushed(count=2)
    starts_at = clock.now() + timedelta(minutes=5)
    made = issued(*[order(each, starts_at=starts_at, lasts=HOUR) for each in devices])
    work()
    assert told(there) == []
    cleared(devices[0], may_control=False)
    work(after=timedelta(minutes=6))
    assert again(made[0]).error_code == "not_cleared"
    assert [each["id"] for each in told(there)] == [str(made[1].pk)]


def test_the_restore_goes_out_at_the_end(pushed):
    there, [battery] = pushed()
    [command] = issued(order(battery, lasts=HOUR, restore=BACK))
    work()
    work(after=timedelta(minutes=59))
    assert len(told(there)) == 1
    work(after=timedelta(minutes=61))
    assert told(there)[1]["command"] == BACK["command"]
    assert again(command.restore).status == "accepted"


def test_what_gives_a_device_back_goes_out_to_one_that_takes_no_orders(pushed):
    """A portfolio that it is in was suspended a moment after: nothing else leaves, however young it is."""
    there, [running, waiting] = pushed(count=2)
    issued(order(running, lasts=HOUR, restore=BACK))
    work()
    issued(order(waiting))
    at_rest(running, waiting)
    cancel(Command.objects.filter(device=running, restores=None), reason="portfolio_suspended", now=clock.now(), by=BY)
    work()
    assert [each["command"] for each in told(there)] == ["battery:set-power", BACK["command"]]
    assert Command.objects.get(device=waiting).error_code == "orders_stopped"


def test_what_is_owed_a_device_is_given_back_at_once_when_the_order_that_took_it_over_is_refused(pushed):
    there, [battery] = pushed()
    issued(order(battery, lasts=HOUR, restore=BACK))
    work()
    issued(order(battery, lasts=2 * HOUR, restore=BACK, starts_at=clock.now() + timedelta(minutes=1)))
    at_rest(battery)
    work(after=timedelta(minutes=2))
    work(after=timedelta(minutes=2))
    assert Command.objects.filter(error_code="orders_stopped").count() == 1
    assert [each["command"] for each in told(there)] == ["battery:set-power", BACK["command"]]


def test_a_cancelled_command_is_told_of_and_undone_at_once(pushed):
    there, [battery] = pushed()
    [command] = issued(order(battery, lasts=HOUR, restore=BACK))
    work()
    cancel_for_devices([battery], reason="consent_revoked", now=clock.now(), by=BY)
    work()
    assert (again(command).status, again(command).error_code) == ("cancelled", "consent_revoked")
    assert [each["id"] for each in told(there, "command.cancelled")] == [str(command.pk)]
    assert told(there)[1]["command"] == BACK["command"]


def test_what_is_cancelled_before_it_goes_out_is_never_told(pushed):
    there, [battery] = pushed()
    [command] = issued(order(battery, lasts=HOUR, restore=BACK))
    cancel([command], reason="withdrawn", now=clock.now(), by=BY)
    work()
    assert there.received == []
    assert again(command.restore).status == "cancelled"


def test_reports_move_a_command_and_contradictions_do_not(battery):
    [command] = issued(order(battery))
    now = clock.now()

    def report(status, said=None):
        return progress.take(Report(command.pk, Status(status), progress.Source.API, now, said), now=now, by=BY)

    assert report("in_progress").status == "in_progress"
    assert report("accepted").status == "in_progress"  # late, and true
    assert report("failed", {"code": "HOT", "detail": "Too hot: try again at night."}).error_code == "failed_at_device"
    assert report("failed").status == "failed"
    with pytest.raises(NotNewsError):
        report("complete")
    assert [each.after for each in command.changes.all()] == ["pending", "in_progress", "failed"]
    assert again(command).reports.count() == 4


def test_what_is_accepted_and_never_told_of_ends_as_unknown(pushed):
    _, [battery] = pushed()
    [command] = issued(order(battery, lasts=HOUR))
    work()
    work_off(now=clock.now() + timedelta(hours=2, minutes=1))
    assert (again(command).status, again(command).error_code) == ("failed", "outcome_unknown")


def test_a_completed_command_is_a_sign_of_life_of_a_device_without_telemetry(transactional_db):
    [battery] = batteries(1, telemetry=False, state=None)
    [command] = issued(order(battery))
    now = clock.now()
    progress.record([Report(command.pk, Status.COMPLETE, progress.Source.API)], now=now, by=BY)
    battery.refresh_from_db()
    assert battery.last_command_completed_at == now


def test_two_workers_tell_of_each_command_once(pushed):
    there, devices = pushed(count=40)
    issued(*[order(each) for each in devices])

    def run():
        from django.db import connection

        try:
            work_off(now=clock.now())
        finally:
            connection.close()

    workers = [threading.Thread(target=run) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    work()
    assert len({each["id"] for each in told(there)}) == len(told(there)) == 40
