"""A suspended portfolio's devices are neither read nor commanded until it is reinstated; revocations go on."""

from datetime import timedelta

import pytest
from django.db import transaction
from django_q.models import OrmQ

from devices.commands.issuing import DispatchClearance, Order, issue
from devices.commands.sending.pushing import push_due
from devices.connections.programmatic import connect_by_api_key
from devices.connectors.push import streams
from devices.models import Cloud, Command, Connection, Device, DiscoveredDevice, Poll, Portfolio
from devices.polling import claiming, known
from devices.portfolios import membership, revoking, suspending
from enrollments import lifecycle
from enrollments.models import Enrollment
from partners.models import WebhookMessage
from tests.factories import NOW, active, commanded, linkable_cloud
from texture_portal import actors, clock, waiting
from texture_portal.refusals import Refusal

pytestmark = pytest.mark.django_db(transaction=True)
BY = actors.system("tests")


@pytest.fixture
def device():
    """Polled at its partner's cloud, in a portfolio, with a command under way."""
    found = active().device
    cloud = linkable_cloud(found.partner)
    grant = connect_by_api_key(cloud, grantor="fleet", key="k", now=NOW, by=BY)
    Device.objects.filter(pk=found.pk).update(connection=grant)
    poll = Poll.objects.create(cloud=cloud, connection=grant, kind="bulk", key="k", due_at=NOW)
    DiscoveredDevice.objects.create(
        connection=grant, manufacturer_device_id=found.manufacturer_device_id, type=found.type, entry=0, poll=poll,
        device=found, first_listed_at=NOW, last_listed_at=NOW,
    )  # fmt: skip
    return Device.objects.get(pk=found.pk)


@pytest.fixture
def portfolio(device):
    made = Portfolio.objects.create(name="Summer savings", kind="program")
    fill(made, device)
    return made


def fill(portfolio, device):
    membership.add(portfolio, Device.objects.filter(pk=device.pk), reason="its season", now=NOW, by=BY)


def suspend(portfolio):
    return suspending.suspend(portfolio, reason="The season is over.", now=clock.now(), by=BY)


def look():
    """What the job does that all of these wake."""
    while suspending.work_off(now=clock.now()):
        pass


def claimed():
    [poll] = Poll.objects.all()
    return claiming.claim(poll.cloud, most=10, kinds=claiming.STATES, now=clock.now() + timedelta(hours=1))


def asked_about():
    found = known.known_of(list(Poll.objects.all()), now=clock.now())
    return [each.id for row in found.values() for each in row]


def ordered(device):
    order = Order(
        device=device, command="battery:set-reserve", input={"chargePercentage": 31},
        expires_at=clock.now() + timedelta(minutes=15), clearance=DispatchClearance("demand_response"),
    )  # fmt: skip
    [made] = issue([order], now=clock.now(), by=BY)
    return made


def test_what_its_suspension_would_stop_is_counted_before(device, portfolio):
    commanded(device.pk)
    reached = suspending.reach(portfolio)
    assert (reached.devices, reached.commands, reached.connections, reached.connections_that_rest) == (1, 1, 1, 1)
    Device.objects.filter(pk=active(partner=device.partner).device_id).update(connection=device.connection)
    assert suspending.reach(portfolio).connections_that_rest == 0
    assert portfolio.suspended_at is None


def test_nothing_in_it_is_read(device, portfolio):
    assert asked_about() == [device.manufacturer_device_id]
    suspend(portfolio)
    assert asked_about() == []
    look()
    assert claimed() == []


def test_what_it_keeps_from_being_read_is_neither_due_nor_late(device, portfolio):
    """Or workers would be woken for it again and again."""
    soon = clock.now() + timedelta(hours=1)
    assert claiming.clouds_with_something_due(kinds=claiming.STATES, now=soon) != []
    assert waiting.POLLS.counted(now=soon)["late"] == 1
    suspend(portfolio)
    look()
    assert claiming.clouds_with_something_due(kinds=claiming.STATES, now=soon) == []
    assert waiting.POLLS.counted(now=soon)["late"] == 0


def test_its_stream_is_not_followed(device, portfolio):
    Cloud.objects.update(connector="push", document={"any": "document"})
    assert streams.to_follow().get() == device.connection
    suspend(portfolio)
    look()
    assert not streams.to_follow().exists()
    suspending.reinstate(portfolio, reason="The next one begins.", by=BY)
    look()
    assert streams.to_follow().exists()


def test_what_was_ordered_in_the_moment_of_a_suspension_is_cancelled_by_the_next_look(device, portfolio):
    made = commanded(device.pk)
    Portfolio.objects.update(suspended_at=clock.now())  # when its facts were read already
    assert suspending.work_off(now=clock.now()) > 0
    assert Command.objects.get(pk=made.pk).error_code == "portfolio_suspended"
    look()
    assert suspending.work_off(now=clock.now()) == 0


@pytest.fixture
def many(device, portfolio, monkeypatch):
    """More commands under way than one transaction cancels: two that went out, and one that did not yet."""
    monkeypatch.setattr(suspending, "AT_ONCE", 2)
    others = [active(partner=device.partner).device for _ in range(2)]
    made = [commanded(each.pk) for each in (device, *others)]
    for each in made[:2]:
        Command.objects.filter(pk=each.pk).update(sent_at=clock.now(), step="", due_at=None)
    return others, made[-1]


def woken():
    return {each.task["args"] for each in OrmQ.objects.all()}


def test_of_very_many_commands_the_rest_is_cancelled_by_the_job_which_is_woken(portfolio, many):
    for each in many[0]:
        fill(portfolio, each)
    done = suspend(portfolio)
    assert (done.devices, done.cancelled, done.left) == (3, 2, 1)
    assert Command.objects.filter(status="cancelled").count() == 2
    assert ("suspended_portfolios",) in woken()
    suspending.work_off(now=clock.now())
    assert Command.objects.filter(status="cancelled").count() == 3


def test_none_of_them_goes_out_meanwhile_however_young_it_is(portfolio, many):
    others, unsent = many
    for each in others:
        fill(portfolio, each)
    suspend(portfolio)
    push_due(now=clock.now())
    unsent = Command.objects.get(pk=unsent.pk)
    assert (unsent.sent_at, unsent.error_code) == (None, "orders_stopped")
    assert not WebhookMessage.objects.filter(type="command.requested").exists()


def test_nor_to_what_is_put_into_it_meanwhile(portfolio, many, monkeypatch):
    monkeypatch.setattr(suspending, "AT_ONCE", 1)
    others, unsent = many
    suspend(portfolio)
    OrmQ.objects.all().delete()
    devices = Device.objects.filter(pk__in=[each.pk for each in others])
    membership.add(portfolio, devices, reason="its season", now=clock.now(), by=BY)
    assert ("suspended_portfolios",) in woken()
    push_due(now=clock.now())
    unsent = Command.objects.get(pk=unsent.pk)
    assert (unsent.sent_at, unsent.error_code) == (None, "orders_stopped")


def test_nothing_in_it_is_commanded_and_what_is_under_way_is_cancelled(device, portfolio):
    made = commanded(device.pk)
    suspend(portfolio)
    made = Command.objects.get(pk=made.pk)
    assert (made.status, made.error_code) == ("cancelled", "portfolio_suspended")
    assert ordered(device).error_code == "orders_stopped"
    suspending.reinstate(portfolio, reason="The next one begins.", by=BY)
    assert ordered(device).status == "pending"


def test_a_connection_that_reaches_others_goes_on_for_those(device, portfolio):
    other = active(partner=device.partner).device
    Device.objects.filter(pk=other.pk).update(connection=device.connection)
    suspend(portfolio)
    look()
    assert len(claimed()) == 1
    assert asked_about() == []


def test_reinstated_all_goes_on(device, portfolio):
    suspend(portfolio)
    Poll.objects.update(due_at=None)  # as a look that finds nobody leaves it
    look()
    known.link_enrolled(now=clock.now())
    assert Poll.objects.get().due_at is None
    OrmQ.objects.all().delete()
    suspending.reinstate(portfolio, reason="The next one begins.", by=BY)
    assert ("suspended_portfolios",) in woken()
    look()
    known.link_enrolled(now=clock.now())
    assert asked_about() == [device.manufacturer_device_id]
    assert len(claimed()) == 1


def test_what_another_portfolio_keeps_at_rest_stays_so(device, portfolio):
    other = Portfolio.objects.create(name="Another", kind="other")
    fill(other, device)
    suspend(portfolio)
    suspend(other)
    suspending.reinstate(portfolio, reason="It goes on.", by=BY)
    assert asked_about() == []


def test_what_is_put_into_it_meanwhile_is_at_rest_too(device, portfolio):
    suspend(portfolio)
    late = active(partner=device.partner).device
    made = commanded(late.pk)
    fill(portfolio, late)
    assert Command.objects.get(pk=made.pk).status == "cancelled"


@transaction.atomic
def _opt_out(device):
    enrollment = Enrollment.objects.locked().get(device=device)
    lifecycle.revoke_consent(enrollment, revoked_at=clock.now(), source="customer", now=clock.now(), by=BY)


def test_revocations_go_on(device, portfolio):
    suspend(portfolio)
    _opt_out(device)
    assert Enrollment.objects.get(device=device).state == "opted_out"
    revoking.ask(portfolio, whole_grants=True, reason="It ends.", now=clock.now(), by=BY)
    while revoking.work_off(now=clock.now()):
        pass
    assert Connection.objects.get().status == "revoked"


def test_it_is_suspended_once_and_on_record(portfolio):
    suspend(portfolio)
    with pytest.raises(Refusal):
        suspend(portfolio)
    suspending.reinstate(portfolio, reason="The next one begins.", by=BY)
    with pytest.raises(Refusal):
        suspending.reinstate(portfolio, reason="Again.", by=BY)
    said = [row.history_change_reason for row in portfolio.history.all()]
    assert said[:2] == [
        "reinstated: The next one begins. (system tests)",
        "suspended: The season is over. (system tests)",
    ]
