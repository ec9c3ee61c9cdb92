"""Portfolios: filled in bulk, of one partner where that is said, and access to all that is in one given up."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from devices.connections import reach
from devices.models import Cloud, Connection, Device, Portfolio, PortfolioDevice, PortfolioRevocation, Withdrawal
from devices.portfolios import membership, revoking
from tests.factories import NOW, CustomerFactory, DeviceFactory, PartnerFactory
from texture_portal import actors

pytestmark = pytest.mark.django_db
BY = actors.system("tests")


@pytest.fixture
def partner():
    return PartnerFactory()


@pytest.fixture
def cloud(partner):
    return Cloud.objects.create(partner=partner, name="Cloud", base_url="https://cloud.example")


@pytest.fixture
def portfolio(partner):
    return Portfolio.objects.create(name="Summer savings", kind="program", partner=partner)


def connected(cloud, *, devices, grantor="end_user"):
    """A connection with so many devices of one customer."""
    customer = CustomerFactory(partner=cloud.partner)
    ends = {"grantor": grantor, "granted_at": NOW, "cloud": cloud}
    if grantor == "end_user":
        made = Connection(way="authorization_code", customer=customer, **ends)
        made.set_secret("sealed_access_token", "an access token")
    else:
        made = Connection(way="api_key", **ends)
        made.set_secret("sealed_api_key", "a key")
    made.save()
    given = [DeviceFactory(customer=customer) for _ in range(devices)]
    reach.attach(made, given)
    return made, given


def fill(portfolio, devices):
    chosen = Device.objects.filter(pk__in=[each.pk for each in devices])
    return membership.add(portfolio, chosen, reason="its season", now=NOW, by=BY)


def revoked(portfolio, **options):
    asked = revoking.ask(portfolio, reason="the season ended", now=NOW, by=BY, **{"whole_grants": False} | options)
    for _ in range(20):
        if not revoking.work_off(now=NOW):
            return PortfolioRevocation.objects.get(pk=asked.pk)
    raise AssertionError("it does not end")


def test_a_pasted_list_means_devices_by_any_of_their_names_and_what_means_none_is_told(portfolio, partner):
    made = [DeviceFactory(customer__partner=partner) for _ in range(3)]
    lines = [str(made[0].pk), f" {made[1].serial_number} ", made[2].manufacturer_device_id, "", "nobody's"]
    found, unknown = membership.named(lines)
    assert (set(found), unknown) == (set(made), ["nobody's"])
    assert membership.add(portfolio, found, reason="x", now=NOW, by=BY) == membership.Filled(3, 0, 0)
    assert membership.add(portfolio, found, reason="x", now=NOW, by=BY) == membership.Filled(0, 3, 0)
    assert membership.remove(portfolio, found.filter(pk=made[0].pk), reason="left", by=BY) == 1
    assert set(portfolio.devices.all()) == set(made[1:])
    reasons = list(portfolio.history.values_list("history_change_reason", flat=True))
    assert reasons[0] == "1 devices removed: left (system tests)"


def test_another_partners_device_does_not_come_in(portfolio):
    stranger = DeviceFactory()
    assert fill(portfolio, [stranger]) == membership.Filled(0, 0, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        PortfolioDevice.objects.create(portfolio=portfolio, device=stranger, added_at=NOW)


def test_a_portfolio_of_nobody_in_particular_takes_any(cloud):
    wide = Portfolio.objects.create(name="Everywhere", kind="other")
    assert fill(wide, [DeviceFactory(), DeviceFactory()]).added == 2


def test_access_to_all_of_it_is_given_up_and_to_nothing_else(portfolio, cloud):
    whole, of_whole = connected(cloud, devices=2)
    shared, of_shared = connected(cloud, devices=2)
    fleet, of_fleet = connected(cloud, devices=2, grantor="fleet")
    other, of_other = connected(cloud, devices=1)
    fill(portfolio, [*of_whole, of_shared[0], *of_fleet])
    asked = revoked(portfolio)
    assert (asked.devices_withdrawn, asked.connections_revoked) == (5, 1)
    assert asked.finished_at == NOW
    standing = {row.pk: row.status for row in Connection.objects.all()}
    assert standing == {whole.pk: "revoked", shared.pk: "active", fleet.pk: "active", other.pk: "active"}
    assert set(Device.objects.exclude(connection=None)) == {of_shared[1], *of_other}
    assert Withdrawal.objects.filter(reason="the season ended").count() == 5
    assert Connection.objects.get(pk=whole.pk).end_attempt_at == NOW, "the cloud is told by the job"


def test_a_fleets_grant_ends_with_it_where_that_is_meant(portfolio, cloud):
    fleet, of_fleet = connected(cloud, devices=2, grantor="fleet")
    fill(portfolio, of_fleet)
    assert revoked(portfolio, whole_grants=True).connections_revoked == 1
    assert Connection.objects.get(pk=fleet.pk).status == "revoked"


def test_what_was_revoked_half_way_is_gone_on_with(portfolio, cloud, monkeypatch):
    monkeypatch.setattr(revoking, "BATCH", 2)
    for _ in range(5):
        fill(portfolio, connected(cloud, devices=1)[1])
    asked = revoking.ask(portfolio, whole_grants=False, reason="over", now=NOW, by=BY)
    assert revoking.work_off(now=NOW) == 1
    half = PortfolioRevocation.objects.get(pk=asked.pk)
    assert (half.connections_revoked, half.finished_at) == (2, None)
    while revoking.work_off(now=NOW + timedelta(minutes=1)):
        pass
    assert PortfolioRevocation.objects.get(pk=asked.pk).connections_revoked == 5


@pytest.mark.parametrize(
    "broken",
    [
        {"grantor": "end_user", "way": "api_key"},
        {"grantor": "program", "way": "authorization_code"},
        {"grantor": "fleet", "way": "api_key", "sealed_api_key": None},
        {"grantor": "fleet", "way": "api_key", "status": "revoked"},
        {"grantor": "fleet", "way": "api_key", "status": "broken"},
    ],
)
def test_the_database_refuses_a_connection_that_cannot_be(cloud, broken):
    made = Connection(cloud=cloud, granted_at=NOW)
    made.set_secret("sealed_api_key", "k")
    made.set_secret("sealed_access_token", "t")
    for name, value in broken.items():
        setattr(made, name, value)
    with pytest.raises(IntegrityError):
        made.save()


def test_the_database_lets_no_revoked_connection_live_and_none_reach_what_was_withdrawn(cloud):
    made, (device,) = connected(cloud, devices=1, grantor="fleet")
    with transaction.atomic():
        reach.withdraw_all(made, reason="x", now=NOW, by=BY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Device.objects.filter(pk=device.pk).update(connection=made)
    stranger = DeviceFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Device.objects.filter(pk=stranger.pk).update(connection=made)
    from devices.connections import ending

    ending.revoke(made, reason="x", now=NOW, by=BY)
    row = Connection.objects.get()
    row.status, row.revoked_at, row.revoked_by, row.end_attempt_at = "active", None, "", None
    with pytest.raises(Exception, match="transition"), transaction.atomic():
        row.save()
