"""Access stays fresh: one renewal at a time, each refresh token used once, and no circle when it fails."""

from datetime import timedelta

import pytest
from django.db import transaction

from devices.connections.access import authorize, renew_after_401
from devices.connections.breaking import ConnectionBrokenError, ConnectionUnavailableError
from devices.models import Connection
from tests.devices.connections.conftest import at_once
from texture_portal import clock

HOUR = timedelta(hours=1)


def now_of(connection):
    return Connection.objects.get(pk=connection.pk)


def test_a_fresh_token_is_used_as_it_is(linking):
    connection = linking.granted()
    before = linking.tokens_told()
    given = authorize(connection, now=clock.now())
    assert linking.reads(given).status_code == 200
    assert linking.tokens_told() == before


def test_ten_workers_at_once_use_each_refresh_token_once(linking):
    connection, before = linking.granted(), linking.tokens_told()
    linking.sandbox.fault("latency", ms=300, category="token")
    for turn in (1, 2):
        given = at_once(10, lambda turn=turn: authorize(connection, now=clock.now() + turn * HOUR))
        assert len({each.headers["Authorization"] for each in given}) == 1
        assert linking.reads(given[0]).status_code == 200
    after = linking.tokens_told()
    assert after["refreshed"] - before["refreshed"] == 2
    assert after["refresh_reuses"] == before["refresh_reuses"]


def test_ten_workers_refused_at_once_renew_once(linking):
    connection = linking.granted()
    used = authorize(connection, now=clock.now())
    linking.sandbox.fault("lost_tokens")
    before = linking.tokens_told()
    given = at_once(10, lambda: renew_after_401(connection, used, now=clock.now()))
    assert {each.generation for each in given} == {2}
    assert linking.reads(given[0]).status_code == 200
    assert linking.tokens_told()["refreshed"] - before["refreshed"] == 1


def test_the_token_is_renewed_before_it_expires_and_goes_on_being_used_where_that_fails(linking):
    connection = linking.granted()
    old = authorize(connection, now=clock.now())
    linking.sandbox.fault("unavailable", category="token")
    soon = clock.now() + HOUR - timedelta(minutes=1)
    assert authorize(connection, now=soon).headers == old.headers
    row = now_of(connection)
    assert (row.last_fault, row.failures, row.status) == ("http_503", 1, "active")
    with pytest.raises(ConnectionUnavailableError) as away:
        authorize(connection, now=soon + timedelta(minutes=2))
    assert away.value.retry_at > soon
    linking.sandbox.control("DELETE", "faults")
    new = authorize(connection, now=soon + HOUR)
    assert new.headers != old.headers
    assert now_of(connection).failures == 0


def test_a_sick_cloud_is_left_alone_between_attempts(linking):
    connection = linking.granted()
    linking.sandbox.fault("unavailable", category="token")
    late = clock.now() + 2 * HOUR

    def asked():
        return linking.sandbox.control("GET", "counters")["requests"]["token"]

    before = asked()
    for _ in range(5):
        with pytest.raises(ConnectionUnavailableError):
            authorize(connection, now=late)
    assert asked() == before + 1


def test_a_program_gets_tokens_by_its_own_client_and_new_ones_when_they_expire(linking):
    connection = linking.by_client()
    given = authorize(connection, now=clock.now())
    programs = {site["program"] for site in linking.reads(given, "/v1/sites").json()["data"]}
    assert programs == {"summer-savings"}
    renewed = authorize(connection, now=clock.now() + HOUR)
    assert renewed.headers != given.headers
    assert linking.reads(renewed).status_code == 200


def test_an_api_key_goes_where_the_cloud_wants_it(linking):
    connection = linking.by_key()
    given = authorize(connection, now=clock.now())
    assert dict(given.headers) == {"X-API-Key": linking.sandbox.told["api_key"]}
    assert linking.reads(given).status_code == 200
    cloud = linking.cloud
    cloud.api_key_place, cloud.api_key_name = "query", "api_key"
    cloud.save()
    given = authorize(connection, now=clock.now())
    assert (dict(given.headers), set(given.query)) == ({}, {"api_key"})


def test_a_refused_key_is_broken_until_a_new_one_is_set(linking):
    connection = linking.by_key("a key that nobody gave")
    used = authorize(connection, now=clock.now())
    assert linking.reads(used).status_code == 401
    with pytest.raises(ConnectionBrokenError) as broken:
        renew_after_401(connection, used, now=clock.now())
    assert broken.value.reason == "key_refused"


def test_a_grant_that_the_end_user_took_back_is_broken_and_asks_no_more(linking):
    connection = linking.granted(account="resident-2")
    linking.sandbox.control("POST", "revocations", {"account": "resident-2"})
    late = clock.now() + 2 * HOUR
    with pytest.raises(ConnectionBrokenError) as broken:
        authorize(connection, now=late)
    assert broken.value.reason == "grant_over"
    assert "links it again" in str(broken.value)
    before = linking.sandbox.control("GET", "counters")["requests"]["token"]
    with pytest.raises(ConnectionBrokenError):
        authorize(connection, now=late + HOUR)
    assert linking.sandbox.control("GET", "counters")["requests"]["token"] == before


def test_an_answer_that_is_lost_breaks_the_connection_after_one_more_attempt(linking):
    """The cloud has rotated the token and its answer came to nothing: the line was cut half-way."""
    connection = linking.granted(account="resident-3")
    linking.sandbox.fault("malformed_json", category="token", count=1)
    late = clock.now() + 2 * HOUR
    with pytest.raises(ConnectionUnavailableError):
        authorize(connection, now=late)
    assert now_of(connection).unanswered == 1
    with pytest.raises(ConnectionBrokenError) as broken:
        authorize(connection, now=late + HOUR)
    assert broken.value.reason == "renewal_lost"


def test_outside_a_transaction_only(linking):
    connection = linking.granted()
    with transaction.atomic(), pytest.raises(RuntimeError):
        authorize(connection, now=clock.now() + HOUR)
