"""Through a connection's whole life nothing secret is in the database, the logs, or what errors say."""

import logging
from base64 import b64encode
from contextlib import suppress
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection as database

from devices.connections import ending, programmatic
from devices.connections.access import authorize, renew_after_401
from devices.connections.breaking import ConnectionBrokenError, ConnectionUnavailableError
from devices.connections.grants import GrantFailedError
from devices.models import Connection, GrantRequest
from tests.devices.connections.conftest import BROWSER, STAFF
from texture_portal import clock

HOUR = timedelta(hours=1)
KEY = "an-api-key-that-nobody-gave"


def everything_in_the_database():
    """Every row of every table as text, what is binary as hexadecimal digits."""
    with database.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        rows = []
        for name in tables:
            cursor.execute(f'SELECT kept::text FROM "{name}" kept')
            rows += [row for (row,) in cursor.fetchall()]
    assert len(tables) > 40
    return "\n".join(rows)


def forms_of(secret):
    return secret, secret.encode().hex(), b64encode(secret.encode()).decode().rstrip("=")


@pytest.fixture
def life(linking, caplog):
    """Granted, renewed, refused, garbled, replaced, revoked; gives every secret there was, and all that was said."""
    caplog.set_level(logging.DEBUG)
    secrets, said = {BROWSER, KEY}, []

    def note(connection):
        row = Connection.objects.get(pk=connection.pk)
        columns = ("sealed_access_token", "sealed_refresh_token", "sealed_client_secret", "sealed_api_key")
        secrets.update(secret for column in columns if (secret := row.secret(column)))
        said.extend([repr(row), str(row)])

    begun = linking.begin()
    secrets.add(GrantRequest.objects.get().verifier())
    secrets.add(dict(parse_qsl(urlsplit(begun.url).query))["state"])
    answer = linking.say(begun.url)
    secrets.add(answer["code"])
    connection = linking.complete(answer)
    with pytest.raises(GrantFailedError) as failed:
        linking.complete(answer)
    said += [repr(begun), repr(failed.value), str(failed.value)]
    note(connection)
    said.append(repr(authorize(connection, now=clock.now() + 2 * HOUR)))
    note(connection)
    linking.sandbox.fault("malformed_json", category="token", count=1)
    with pytest.raises(ConnectionUnavailableError) as away:
        authorize(connection, now=clock.now() + 5 * HOUR)
    with pytest.raises(ConnectionBrokenError) as broken:
        authorize(connection, now=clock.now() + 9 * HOUR)
    said += [repr(away.value), repr(broken.value), str(broken.value)]
    by_client = linking.by_client()
    authorize(by_client, now=clock.now())
    by_key = linking.by_key(KEY)
    with suppress(ConnectionBrokenError):
        renew_after_401(by_key, authorize(by_key, now=clock.now()), now=clock.now())
    programmatic.replace_secret(by_key, linking.sandbox.told["api_key"], now=clock.now(), by=STAFF, reason="it is old")
    for each in (by_client, by_key):
        note(each)
    secrets.add(linking.cloud.client_secret)
    ending.revoke(by_client, reason="it is over", now=clock.now(), by=STAFF)
    return secrets, said, caplog


def test_nothing_secret_is_in_the_database(life):
    secrets, _, _ = life
    kept = everything_in_the_database()
    assert "Simulated Energy" in kept
    assert len(secrets) >= 11
    assert [secret[:4] for secret in secrets for form in forms_of(secret) if form in kept] == []


def test_nothing_secret_is_in_logs_or_errors(life):
    secrets, said, caplog = life
    logged = "\n".join([*said, *(record.getMessage() for record in caplog.records), caplog.text])
    assert "Connection" in logged
    assert [secret[:4] for secret in secrets for form in forms_of(secret) if form in logged] == []


def test_the_search_would_find_a_secret_in_the_clear(life, linking):
    linking.cloud.state, linking.cloud.state_reason = "paused", KEY
    linking.cloud.save()
    assert KEY in everything_in_the_database()
