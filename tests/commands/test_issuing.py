"""Issuing: every order is a row, what is refused says which rule, and a newer command takes the place of the older."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.utils import IntegrityError
from django_q.models import OrmQ

from devices.commands import issuing
from devices.models import Command
from devices.safety import Allowed, Caps, Refused
from tests.commands.conftest import BACK, DISCHARGE, again, batteries, cleared, issued, order
from texture_portal import clock
from texture_portal.ids import new_id

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


def changes(command):
    return [(each.before, each.after, each.reason) for each in command.changes.all()]


def test_an_order_that_fits_is_a_row_to_be_sent_at_once(battery):
    [command] = issued(order(battery, lasts=HOUR))
    kept = Command.objects.get(pk=command.pk)
    assert (kept.status, kept.step, kept.way) == ("pending", "send", "push")
    assert kept.asked == kept.input == DISCHARGE
    assert kept.due_at <= clock.now()
    assert changes(kept) == [("", "pending", "issued")]
    assert kept.changes.get().by == {"role": "system", "name": "tests", "channel": "command"}


def test_what_is_clipped_is_kept_beside_what_was_asked(battery):
    [command] = issued(order(battery, input={"power": 9000, "durationSeconds": 600}))
    kept = Command.objects.get(pk=command.pk)
    assert kept.asked["power"] == 9000
    assert kept.input["power"] == 5000
    assert kept.clipped == [{"parameter": "power", "asked": 9000, "sent": 5000, "rule": "ratings"}]


def test_a_refused_order_says_which_rule_and_nothing_is_to_be_sent(battery):
    cleared(battery, may_control=False)
    [command] = issued(order(battery))
    kept = Command.objects.get(pk=command.pk)
    assert (kept.status, kept.error_code, kept.step, kept.due_at) == ("rejected", "not_cleared", "", None)
    assert kept.error_detail
    assert changes(kept) == [("", "rejected", "not_cleared")]


def test_what_could_not_be_undone_is_not_begun(battery):
    battery.commands = ["battery:set-power"]
    battery.save()
    [command] = issued(order(battery, lasts=HOUR, restore=BACK))
    assert (command.status, command.error_code) == ("rejected", "restore_refused")


def test_a_newer_command_cancels_the_older_one_that_has_not_finished(battery):
    [older] = issued(order(battery))
    [newer] = issued(order(battery, input={"power": 1000, "durationSeconds": 60}))
    older = again(older)
    assert (older.status, older.error_code) == ("cancelled", "superseded")
    assert Command.objects.get(status="pending") == newer


def test_of_several_orders_for_one_device_the_last_stands(battery):
    made = issued(order(battery), order(battery, input={"power": 500, "durationSeconds": 60}))
    assert [each.status for each in made] == ["cancelled", "pending"]


def test_a_refused_order_leaves_what_stands_alone(battery):
    [older] = issued(order(battery))
    issued(order(battery, command="battery:set-power", input={"power": "much"}))
    older = again(older)
    assert older.status == "pending"


def test_the_restore_is_written_with_its_cause_and_a_newer_one_takes_it_over(battery):
    [first] = issued(order(battery, lasts=HOUR, restore=BACK))
    restore = first.restore
    assert (restore.command, restore.due_at, restore.is_owed) == (BACK["command"], first.ends_at, False)
    Command.objects.filter(pk=first.pk).update(sent_at=clock.now())
    [second] = issued(order(battery, lasts=2 * HOUR, restore=BACK))
    restore = again(restore)
    assert (restore.status, restore.error_code) == ("cancelled", "superseded")
    assert second.restore.is_owed


def test_a_device_in_an_event_is_in_no_second_one(battery):
    now = clock.now()
    clearances = [issuing.DispatchClearance("demand_response", new_id()) for _ in range(2)]
    issued(order(battery, lasts=HOUR, clearance=clearances[0]))
    verdicts = issuing.preview(
        [
            order(battery, lasts=HOUR, clearance=clearances[1]),
            order(battery, lasts=HOUR, clearance=clearances[0]),
            order(battery, starts_at=now + 2 * HOUR, lasts=HOUR, clearance=clearances[1]),
        ],
        now=now,
    )
    assert isinstance(verdicts[0], Refused)
    assert verdicts[0].rule == "second_event"
    assert [type(each) for each in verdicts[1:]] == [Allowed, Allowed]


def test_caps_of_the_program_hold(battery):
    clearance = issuing.DispatchClearance("demand_response", new_id(), Caps(events_a_day=1, events_today=1))
    [command] = issued(order(battery, clearance=clearance))
    assert command.error_code == "events_a_day"


def test_a_preview_writes_nothing(battery):
    issuing.preview([order(battery)], now=clock.now())
    assert not Command.objects.exists()
    assert not OrmQ.objects.exists()


def test_thousands_cost_a_handful_of_statements(db, django_assert_max_num_queries):
    devices = batteries(60)
    orders = [order(each, lasts=HOUR, restore=BACK) for each in devices]
    with django_assert_max_num_queries(14):
        issued(*orders)
    with django_assert_max_num_queries(18):
        issued(*orders)
    assert Command.objects.filter(status="pending", restores=None).count() == 60
    assert Command.objects.filter(status="pending", restores__isnull=False).count() == 60


def test_the_database_refuses_illegal_moves_two_unfinished_and_a_changed_order(battery):
    [command] = issued(order(battery))
    statements = [
        (
            "UPDATE devices_command SET status = 'complete', finished_at = now(), deadline_at = NULL, step = '', "
            "due_at = NULL",
            None,
        ),
        ("UPDATE devices_command SET asked = '{}'", DatabaseError),
        ("DELETE FROM devices_commandchange", DatabaseError),
        ("UPDATE devices_command SET status = 'pending', finished_at = NULL, deadline_at = now()", DatabaseError),
    ]  # fmt: skip
    for statement, refused in statements:
        with connection.cursor() as cursor, transaction.atomic():
            if refused is None:
                cursor.execute(statement)
            else:
                with pytest.raises(refused), transaction.atomic():
                    cursor.execute(statement)
    issued(order(battery))
    twin = Command.objects.get(status="pending")
    twin.pk = new_id()
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)
    assert command.changes.count() == 2
