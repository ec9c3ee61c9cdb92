"""Access given up: here at once, at the cloud by RFC 7009, with what came of it on record; and by whom it is shared."""

from datetime import timedelta

import pytest

from devices import access
from devices.access import GivenUp
from devices.connections import ending, reach
from devices.connections.access import authorize
from devices.connections.breaking import ConnectionBrokenError
from devices.models import Connection, Device, Withdrawal
from tests.devices.connections.conftest import STAFF
from tests.factories import DeviceFactory
from texture_portal import clock
from texture_portal.refusals import Refusal


def now_of(row):
    return type(row).objects.get(pk=row.pk)


def revoked(connection, reason="the contract ended"):
    ending.revoke(connection, reason=reason, now=clock.now(), by=STAFF)


def device_of(connection):
    made = DeviceFactory(customer=connection.customer)
    reach.attach(connection, [made])
    return made


def test_a_revoked_connection_is_of_no_use_at_once_and_ended_at_the_cloud_by_the_job(linking):
    connection = linking.granted()
    given = authorize(connection, now=clock.now())
    revoked(connection)
    with pytest.raises(ConnectionBrokenError) as over:
        authorize(connection, now=clock.now())
    assert over.value.reason == "revoked"
    assert linking.reads(given).status_code == 200, "the cloud was not told yet"
    assert ending.end_due(now=clock.now()) == 1
    assert linking.reads(given).status_code == 401
    row = now_of(connection)
    assert (row.ending, row.end_attempt_at, row.end_attempts) == ("ended", None, 1)
    assert row.ended_at is not None
    assert (row.sealed_access_token, row.sealed_refresh_token) == (None, None)
    reasons = list(row.history.values_list("history_change_reason", flat=True))
    assert any("the contract ended" in reason for reason in reasons)


def test_a_cloud_that_is_away_is_told_later(linking):
    connection = linking.granted()
    given = authorize(connection, now=clock.now())
    revoked(connection)
    linking.sandbox.fault("unavailable", category="token")
    assert ending.end_due(now=clock.now()) == 1
    row = now_of(connection)
    assert (row.end_fault, row.ended_at) == ("http_503", None)
    assert row.end_attempt_at > clock.now() + timedelta(seconds=30)
    assert ending.end_due(now=clock.now()) == 0
    linking.sandbox.control("DELETE", "faults")
    assert ending.end_due(now=clock.now() + timedelta(hours=1)) == 1
    assert now_of(connection).ending == "ended"
    assert linking.reads(given).status_code == 401


def test_a_cloud_that_cannot_be_told_leaves_nothing_that_opens_it(linking):
    linking.cloud.revoke_url = ""
    linking.cloud.save()
    for connection in (linking.granted(), linking.by_key(), linking.by_client()):
        revoked(connection)
        assert ending.end(connection, now=clock.now()) == "not_told"
        row = now_of(connection)
        assert not [column for column in vars(row) if column.startswith("sealed_") and getattr(row, column)]


def test_it_is_revoked_once(linking):
    connection = linking.granted()
    revoked(connection)
    with pytest.raises(Refusal):
        revoked(connection)
    assert ending.end(connection, now=clock.now()) == ending.end(connection, now=clock.now()) == "ended"


def test_what_a_renewal_brings_while_it_is_revoked_is_ended_too(linking):
    """A worker renews as staff revoke: the cloud is told of the token that the worker brought."""
    from devices.connections import renewal

    connection = linking.granted()
    claimed = renewal.claim(connection, generation=1, is_refused=False, now=clock.now())
    revoked(connection)
    with pytest.raises(ending.NotEndedError):
        ending.end(connection, now=clock.now())
    renewal.carry_out(claimed, now=clock.now())
    row = now_of(connection)
    new = row.secret("sealed_access_token")
    assert ending.end(connection, now=clock.now()) == "ended"
    answer = linking.sandbox.api("GET", "/v1/devices", headers={"Authorization": f"Bearer {new}"})
    assert answer.status_code == 401


def test_an_end_users_grant_ends_with_its_last_device(linking):
    connection = linking.granted(account="resident-4")
    first, second = device_of(connection), device_of(connection)
    given = authorize(connection, now=clock.now())
    assert access.give_up(first) == GivenUp.WITHDRAWN
    assert linking.reads(given).status_code == 200
    assert access.give_up(second) == GivenUp.ENDED
    assert linking.reads(given).status_code == 401
    assert access.give_up(second) == GivenUp.ENDED, "safe to do twice"
    assert now_of(connection).status == "revoked"
    assert set(Withdrawal.objects.values_list("device", flat=True)) == {first.pk, second.pk}


def test_a_fleets_grant_goes_on_without_the_device(linking):
    connection = linking.by_client()
    device = DeviceFactory(customer__partner=linking.cloud.partner)
    reach.attach(connection, [device])
    assert access.give_up(device) == GivenUp.WITHDRAWN
    assert Device.objects.get(pk=device.pk).connection is None
    assert now_of(connection).status == "active"
    assert reach.attach(connection, [device]) == reach.Attached(0, 1, 0), "discovery does not bring it back"
    readmitted = reach.readmit(connection, [device], now=clock.now(), by=STAFF)
    assert readmitted.attached == 1


def test_a_grant_that_reaches_no_device_yet_ends_with_its_customers_device(linking):
    connection = linking.granted(account="resident-5")
    device = DeviceFactory(customer=connection.customer)
    assert access.give_up(device) == GivenUp.ENDED
    assert now_of(connection).ending == "ended"


def test_where_nobody_holds_access_nobody_is_told_that_it_was_given_up(linking):
    with pytest.raises(access.NoAccessError):
        access.give_up(DeviceFactory(customer__partner=linking.cloud.partner))


def test_a_connection_takes_only_its_own(linking):
    connection = linking.granted(account="resident-6")
    stranger = DeviceFactory(customer__partner=linking.cloud.partner)
    assert reach.attach(connection, [stranger]) == reach.Attached(0, 0, 1)
    revoked(connection)
    with pytest.raises(Refusal):
        reach.attach(connection, [DeviceFactory(customer=connection.customer)])
    assert Connection.objects.get().devices.count() == 0
