"""What is asked of a running portal from outside."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django_q.models import Schedule

from texture_portal import heartbeat, schedules
from texture_portal.models import Heartbeat


def test_a_process_that_answers_is_alive_whatever_its_database_does(client):
    answer = client.get("/healthz")  # without the database mark, a query would fail
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.fixture
def ready(db):
    schedules.install()
    heartbeat.beat()


def test_a_portal_that_can_do_its_work_is_ready(ready, client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "wrong": {}})
    assert "no-store" in answer["Cache-Control"]


def test_silent_workers_are_named(ready, client, settings):
    Heartbeat.objects.update(beat_at=datetime(2026, 5, 1, tzinfo=UTC))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["wrong"] == {"workers": "last sign of life: 2026-05-01T00:00:00Z"}


def test_workers_that_never_ran_are_named(ready, client):
    Heartbeat.objects.all().delete()
    assert client.get("/readyz").json()["wrong"] == {"workers": "last sign of life: never"}


def test_a_missing_schedule_is_named(ready, client):
    Schedule.objects.filter(name="geocoding").delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["wrong"] == {"schedules": "not scheduled: geocoding"}


def test_schedules_that_nobody_looks_at_are_told_though_workers_live(ready, client):
    Schedule.objects.update(next_run=datetime(2026, 5, 1, tzinfo=UTC))
    assert client.get("/readyz").json()["wrong"] == {"schedules": "nothing is woken since 2026-05-01T00:00:00Z"}


def test_a_migration_that_is_not_applied_is_named(ready, client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'partners' AND name = '0001_initial'")
    assert client.get("/readyz").json()["wrong"] == {"migrations": "not applied: partners.0001_initial"}


def test_a_database_without_our_tables_is_named_and_its_message_is_not_shown(ready, client):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE texture_portal_heartbeat RENAME TO away")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["wrong"] == {"database": "does not answer"}


def test_a_sign_of_life_is_fresh_for_as_long_as_the_setting_says(settings):
    settings.HEARTBEAT_STALE_SECONDS = 75
    now = datetime(2026, 5, 1, tzinfo=UTC)
    assert not heartbeat.is_stale(now - timedelta(seconds=75), now=now)
    assert heartbeat.is_stale(now - timedelta(seconds=76), now=now)


def test_asking_is_by_get(client):
    assert client.post("/readyz").status_code == 405


def test_each_machine_has_a_heartbeat_of_its_own(db, monkeypatch):
    for name in ("left", "right"):
        monkeypatch.setenv("WORKER_NAME", name)
        heartbeat.beat()
    Heartbeat.objects.filter(name="left").update(beat_at=datetime(2026, 5, 1, tzinfo=UTC))
    assert heartbeat.last("left") == datetime(2026, 5, 1, tzinfo=UTC)
    assert heartbeat.last() == heartbeat.last("right")
