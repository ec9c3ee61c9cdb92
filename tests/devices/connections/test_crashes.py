"""A worker that dies while it renews: before the cloud was asked, and after it has answered; and one that is late."""

from datetime import timedelta

import pytest

from devices.connections import endpoint, renewal
from devices.connections.access import authorize
from devices.connections.breaking import ConnectionBrokenError, ConnectionUnavailableError
from devices.models import Connection
from texture_portal import clock

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def connection(linking):
    return linking.granted()


@pytest.fixture
def late():
    return clock.now() + 2 * HOUR


def now_of(connection):
    return Connection.objects.get(pk=connection.pk)


def claimed_by_one_who_dies(connection, *, now):
    return renewal.claim(connection, generation=1, is_refused=False, now=now)


def test_before_the_cloud_was_asked(linking, connection, late):
    claimed_by_one_who_dies(connection, now=late)
    given = authorize(connection, now=late + renewal.CLAIM + SECOND)
    assert linking.reads(given).status_code == 200
    assert now_of(connection).unanswered == 0


def test_between_the_clouds_answer_and_our_commit(linking, connection, late):
    claimed = claimed_by_one_who_dies(connection, now=late)
    endpoint.tokens(linking.cloud.token_url, claimed.form, client=claimed.client, now=late)
    before = linking.tokens_told()
    with pytest.raises(ConnectionBrokenError) as broken:
        authorize(connection, now=late + renewal.CLAIM + SECOND)
    assert broken.value.reason == "renewal_lost"
    assert "links it again" in broken.value.breach.remedy
    for turn in range(3):
        with pytest.raises(ConnectionBrokenError):
            authorize(connection, now=late + (turn + 2) * HOUR)
    after = linking.tokens_told()
    assert after["refresh_reuses"] - before["refresh_reuses"] == 1, "sent once more, and never again"
    again = linking.granted(customer=connection.customer, renews=connection)
    assert linking.reads(authorize(again, now=clock.now())).status_code == 200


def test_meanwhile_the_others_wait_no_longer_than_they_must(linking, connection, late, monkeypatch):
    monkeypatch.setattr("devices.connections.access.LONGEST_WAIT", 0.2)
    claimed = claimed_by_one_who_dies(connection, now=late)
    with pytest.raises(ConnectionUnavailableError) as away:
        authorize(connection, now=late)
    assert (away.value.code, away.value.retry_at) == ("renewal_under_way", claimed.until)


def test_one_who_comes_back_late_changes_nothing_that_others_have_brought(linking, connection, late):
    claimed = claimed_by_one_who_dies(connection, now=late)
    renewed = authorize(connection, now=late + renewal.CLAIM + SECOND)
    renewal.carry_out(claimed, now=late + 2 * renewal.CLAIM)
    row = now_of(connection)
    assert (row.status, row.generation) == ("active", renewed.generation)


def test_an_answer_that_comes_late_is_kept_where_nobody_has_a_newer_one(linking, connection, late):
    claimed = claimed_by_one_who_dies(connection, now=late)
    renewal.carry_out(claimed, now=late + 5 * renewal.CLAIM)
    row = now_of(connection)
    assert (row.status, row.generation, row.renewing_until) == ("active", 2, None)
    assert linking.reads(authorize(connection, now=late + 5 * renewal.CLAIM)).status_code == 200


def test_tokens_that_are_refused_as_they_come_break_it_and_do_not_circle(linking):
    from devices.connections.access import renew_after_401

    connection = linking.by_client()
    used, now = authorize(connection, now=clock.now()), clock.now()
    for _ in range(renewal.MOST_REFUSALS):
        used = renew_after_401(connection, used, now=now)
    with pytest.raises(ConnectionBrokenError) as broken:
        renew_after_401(connection, used, now=now)
    assert broken.value.reason == "token_refused"
    assert now_of(connection).generation == 1 + renewal.MOST_REFUSALS


def test_a_wrong_client_secret_is_set_right_for_all_of_its_connections(linking):
    from devices.connections import programmatic
    from tests.devices.connections.conftest import STAFF

    connection, late = linking.granted(), clock.now() + 2 * HOUR
    right = linking.cloud.client_secret
    programmatic.set_cloud_secret(linking.cloud, "wrong", by=STAFF, reason="a slip")
    with pytest.raises(ConnectionBrokenError) as broken:
        authorize(connection, now=late)
    assert broken.value.reason == "client_refused"
    assert programmatic.set_cloud_secret(linking.cloud, right, by=STAFF, reason="put right") == 1
    assert linking.reads(authorize(connection, now=late)).status_code == 200


def test_what_no_key_opens_is_said_to_be_unreadable_and_left_as_it_is(linking, connection, settings, late):
    settings.DATA_KEYS = ["another key"]
    for now in (clock.now(), late):
        with pytest.raises(ConnectionBrokenError) as broken:
            authorize(connection, now=now)
        assert broken.value.reason == "unreadable"
    row = now_of(connection)
    assert (row.status, row.renewing_until) == ("active", None)
