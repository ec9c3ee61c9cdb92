"""A connection that reaches nothing awake is put to rest, its polls are left alone, however devices come and go."""

from datetime import timedelta

import pytest
from django.db import connection as database

from devices.connections import ending, reach, renewal
from devices.models import Connection, Device, Poll, Portfolio
from devices.polling import claiming, discovery
from devices.polling.settling import Settled, settle
from devices.portfolios import membership, putting_to_rest
from tests.factories import NOW, DeviceFactory
from tests.polling.conftest import cloud_of
from texture_portal import actors, clock, waiting

pytestmark = pytest.mark.django_db
BY = actors.system("tests")
HOUR = timedelta(hours=1)
MANY = 20_000


@pytest.fixture
def portfolio():
    return Portfolio.objects.create(name="At rest", kind="other", suspended_at=NOW)


@pytest.fixture
def device():
    """All that is reached through its connection."""
    made = DeviceFactory()
    made.connection = cloud_of(made.partner, "http://127.0.0.1:9").connections.get()
    made.save()
    return made


@pytest.fixture
def poll(device):
    return Poll.objects.create(
        cloud=device.connection.cloud, connection=device.connection, kind="bulk", key="k", due_at=NOW
    )


@pytest.fixture
def resting(device, poll, portfolio):
    put_into(portfolio, device)
    look()
    return device


def put_into(portfolio, *devices):
    portfolio.devices.add(*devices, through_defaults={"added_at": NOW})


def look():
    while putting_to_rest.follow():
        pass


def claimed(poll, *, now=None):
    return claiming.claim(poll.cloud, most=10, kinds=claiming.STATES, now=now or clock.now())


def is_at_rest():
    return Connection.objects.get().is_at_rest


def beside(device):
    """Another device of that customer, reached by nothing."""
    return DeviceFactory(partner=device.partner, customer=device.customer, site=device.site)


def test_it_is_put_to_rest_and_its_polls_are_left_alone_where_they_stood(resting, poll):
    left = Poll.objects.get()
    assert (is_at_rest(), left.is_left_alone, left.due_at) == (True, True, NOW)
    assert claimed(poll) == []
    assert waiting.POLLS.counted(now=clock.now()) == {"waiting": 0, "late": 0, "first": None}


def test_what_looks_for_work_sees_that_at_once_though_a_row_was_missed(resting, poll):
    """It was being settled in that moment, or it is new."""
    Poll.objects.update(is_left_alone=False)
    assert claimed(poll) == []
    assert claiming.clouds_with_something_due(kinds=claiming.STATES, now=clock.now()) == []
    assert waiting.POLLS.counted(now=clock.now())["late"] == 0


def _reinstated(portfolio, device):
    portfolio.suspended_at = None
    portfolio.save()


def _taken_out(portfolio, device):
    membership.remove(portfolio, Device.objects.filter(pk=device.pk), reason="x", by=BY)


def _joined_by_one_awake(portfolio, device):
    reach.attach(device.connection, [beside(device)])


def _left_by_all(portfolio, device):
    Device.objects.filter(pk=device.pk).update(connection=None)


@pytest.mark.parametrize("change", [_reinstated, _taken_out, _joined_by_one_awake, _left_by_all])
def test_it_is_woken_by_whatever_makes_it_reach_something_awake_or_nothing(resting, poll, portfolio, change):
    change(portfolio, resting)
    look()
    assert not is_at_rest()
    assert claimed(poll) == [poll]


def _put_in_too(portfolio, awake):
    put_into(portfolio, awake)


def _withdrawn(portfolio, awake):
    row = renewal.hold(awake.connection)
    reach.withdraw(Device.objects.filter(pk=awake.pk), row, reason="x", now=NOW, by=BY)


@pytest.mark.parametrize("change", [_put_in_too, _withdrawn])
def test_it_rests_once_the_last_that_was_awake_does_or_is_gone(device, poll, portfolio, change):
    put_into(portfolio, device)
    reach.attach(device.connection, [other := beside(device)])
    look()
    assert (is_at_rest(), len(claimed(poll))) == (False, 1)
    change(portfolio, Device.objects.get(pk=other.pk))
    look()
    assert is_at_rest()


def test_what_comes_home_after_it_was_put_to_rest_stays_left_alone(device, poll, portfolio):
    [flying] = claimed(poll)
    put_into(portfolio, device)
    look()
    settle([Settled(flying, "ok", HOUR)], now=clock.now())
    row = Poll.objects.get()
    assert (row.outcome, row.is_left_alone, row.due_at > clock.now()) == ("ok", True, True)
    assert claimed(poll, now=clock.now() + 2 * HOUR) == []


def test_polls_of_a_broken_connection_are_left_alone_until_it_is_mended(device, poll):
    row = Connection.objects.get()
    renewal.break_off(row, "key_refused", now=NOW)
    assert Poll.objects.get().is_left_alone
    row.status, row.broken_at, row.broken_reason = Connection.Status.ACTIVE, None, ""
    row.save()
    assert claimed(poll) == [poll]


def test_and_those_of_a_revoked_one_for_good(device, poll):
    ending.revoke(device.connection, reason="x", now=NOW, by=BY)
    look()
    assert Poll.objects.get().is_left_alone


def test_nothing_is_looked_through_that_was_linked_while_all_of_it_rests(device, portfolio):
    put_into(portfolio, device)
    look()
    discovery.begin(now=NOW)
    assert not Poll.objects.exists()
    _reinstated(portfolio, device)
    look()
    discovery.begin(now=NOW)
    assert Poll.objects.get().kind == "discovery"


def test_a_claim_is_found_by_the_index_however_many_rest(resting, poll):
    """And so is whether there is anything to claim, and what waits."""
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO devices_poll (cloud_id, connection_id, kind, step, names, key, due_at, is_left_alone, claims,"
            " failures, outcome, faults) SELECT cloud_id, connection_id, kind, 0, '{}', number::text, due_at, true, 0,"
            " 0, '', '{}' FROM devices_poll, generate_series(1, %s) number",
            [MANY],
        )
        cursor.execute("ANALYZE devices_poll")
        asked = {"cloud": poll.cloud_id, "now": clock.now(), "lease": clock.now(), "room": 300, "resting": 3}
        for statement, values in (
            (claiming.CLAIM, asked | {"kinds": list(claiming.STATES)}),
            (claiming.DUE_SOMEWHERE, [clock.now(), list(claiming.STATES)]),
        ):
            cursor.execute(f"EXPLAIN {statement}", values)
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "states_to_claim" in plan, plan
            assert "Seq Scan on devices_poll" not in plan, plan
