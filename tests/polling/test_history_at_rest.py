"""A backfill whose devices are put to rest amid it: nothing is lost, nothing is called done, and it goes on."""

import pytest

from devices.models import DiscoveredDevice, Poll, Portfolio
from devices.polling import claiming, history
from devices.polling.driving import Drive
from devices.portfolios import putting_to_rest
from tests.commands.conftest import cleared
from tests.factories import DeviceFactory
from tests.polling.conftest import cloud_of
from texture_portal import clock


@pytest.fixture
def cloud(partner):
    return cloud_of(partner, "http://127.0.0.1:9")


@pytest.fixture
def device(cloud):
    """Of a fleet whose connection reaches another, too, that is awake."""
    made = cleared(DeviceFactory(partner=cloud.partner))
    other = DeviceFactory(partner=cloud.partner, customer=made.customer, site=made.site)
    for each in (made, other):
        each.connection = cloud.connections.get()
        each.save()
    DiscoveredDevice.objects.create(
        connection=made.connection, manufacturer_device_id=made.manufacturer_device_id, type=made.type, entry=0,
        device=made, first_listed_at=clock.now(), last_listed_at=clock.now(),
    )  # fmt: skip
    return made


@pytest.fixture
def portfolio(device):
    made = Portfolio.objects.create(name="Summer savings", kind="program")
    made.devices.add(device, through_defaults={"added_at": clock.now()})
    return made


def ask(cloud):
    return history.ask_for(cloud, days=2, now=clock.now())


def suspend(portfolio):
    portfolio.suspended_at = clock.now()
    portfolio.save()


def reinstate(portfolio):
    portfolio.suspended_at = None
    portfolio.save()
    look()


def look():
    while putting_to_rest.follow():
        pass


def drive():
    """No cloud is there: whatever is asked fails."""
    Drive(clock.now(), kinds=(Poll.Kind.HISTORY,)).run()


def claimed(cloud):
    return claiming.claim(cloud, most=10, kinds=(Poll.Kind.HISTORY,), now=clock.now())


def stands(cloud):
    told = history.progress(cloud)
    return told.devices, told.done, told.at_rest, told.let_go, told.left.days, told.next_at


def test_a_row_that_is_met_at_rest_waits_and_goes_on_where_it_stood(cloud, device, portfolio):
    assert ask(cloud) == 1
    suspend(portfolio)
    drive()
    row = Poll.objects.get(kind="history")
    assert (row.outcome, row.failures, row.is_left_alone) == ("at_rest", 0, True)
    assert stands(cloud) == (1, 0, 1, 0, 2, None)
    drive()
    look()
    assert Poll.objects.get(kind="history").claims == 1, "it is not looked at again and again"
    reinstate(portfolio)
    assert stands(cloud)[:5] == (1, 0, 0, 0, 2)
    [again] = claimed(cloud)
    assert (again.pk, again.covers_from) == (row.pk, row.covers_from)


def test_what_is_at_rest_is_left_alone_before_it_is_met(cloud, device, portfolio):
    ask(cloud)
    suspend(portfolio)
    look()
    assert claimed(cloud) == []
    reinstate(portfolio)
    assert len(claimed(cloud)) == 1


def test_what_is_asked_for_while_it_rests_is_kept_for_then(cloud, device, portfolio):
    suspend(portfolio)
    assert ask(cloud) == 1
    assert stands(cloud) == (1, 0, 1, 0, 2, None)
    assert claimed(cloud) == []
    reinstate(portfolio)
    assert len(claimed(cloud)) == 1


def test_what_was_let_go_is_not_called_done_and_is_asked_for_again_the_same_day(cloud, device):
    ask(cloud)
    device.may_read = False
    device.save()
    drive()
    assert stands(cloud) == (1, 0, 0, 1, 0, None)
    cleared(device)
    assert ask(cloud) == 1
    assert len(claimed(cloud)) == 1
