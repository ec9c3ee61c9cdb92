"""`/metrics`: who may read it, and that what it says is so."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from enrollments import tallies
from enrollments.tasks import sign_checkpoint
from tests.factories import PartnerFactory, enrolled
from texture_portal import clock, heartbeat, schedules, waiting
from texture_portal.metrics import requests
from texture_portal.models import Heartbeat

TOKENS = ["a" * 40, "b" * 40]


def figures(client):
    """By name and the labels' values, those in the order of their names."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


@pytest.fixture
def production(settings):
    settings.IS_PUBLIC, settings.METRICS_TOKENS = True, TOKENS


@pytest.mark.parametrize("token", TOKENS)
def test_in_production_the_bearer_of_a_token_reads_it(db, production, client, token):
    assert client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize("said", ["", "Bearer ", f"Bearer {'a' * 39}", f"Basic {'a' * 40}", "Bearer \u00e9"])
def test_to_anybody_else_there_is_nothing(db, production, client, said):
    assert client.get("/metrics", headers={"Authorization": said} if said else {}).status_code == 404


def test_in_production_without_a_token_nobody_reads_it(db, production, settings, client):
    settings.METRICS_TOKENS = []
    for said in ("", "Bearer ", "Bearer a"):
        assert client.get("/metrics", headers={"Authorization": said}).status_code == 404


def test_it_is_asked_for_and_nothing_is_sent(db, client):
    assert client.post("/metrics").status_code == 405


def test_requests_are_counted_by_route_and_end(db, client):
    before = figures(client)
    for _ in range(3):
        client.get("/healthz")
    client.get("/v1/enrollments/0199a0b0-0000-7000-8000-000000000000")
    client.generic("BREW", "/healthz")
    after = figures(client)

    def grown(*key):
        return after.get(key, 0) - before.get(key, 0)

    assert grown("texture_requests_total", "GET", "healthz", "200") == 3
    assert grown("texture_requests_total", "GET", "v1/enrollments/<uuid:enrollment_id>", "401") == 1
    assert grown("texture_requests_total", "other", "healthz", "405") == 1
    assert grown("texture_request_seconds_count", "healthz") == 4


def test_a_console_of_hundreds_of_pages_is_one_route():
    requests.observe("admin/enrollments/enrollment/<path:object_id>/change/", "GET", 200, 0.1)
    routes = {each.labels["route"] for family in requests.COUNT.collect() for each in family.samples}
    assert [each for each in routes if each.startswith("admin/")] == ["admin/"]


def test_what_the_database_tells_is_so(db, client):
    schedules.install()
    heartbeat.beat()
    enrolled()
    tallies.take(now=clock.now())
    told = figures(client)
    assert told["texture_database_up",] == told["texture_queue_up",] == 1
    assert told["texture_jobs_unscheduled",] == 0
    assert told["texture_enrollments", "enrolled"] == 1
    assert told["texture_worker_silent_seconds", heartbeat.worker_name()] < 60
    assert told["texture_waiting", "partner_events"] == 0
    assert 0 < told["texture_database_connections",] <= told["texture_database_connections_limit",]
    assert told["texture_database_bytes",] > 1e6


def test_what_is_late_is_counted(db, client):
    schedules.install()
    Heartbeat.objects.create(name="left", beat_at=clock.now() - timedelta(hours=1))
    late = Heartbeat.objects.get(name="left")
    told = figures(client)
    assert told["texture_worker_silent_seconds", late.name] >= 3600


def test_where_the_database_is_away_it_says_so_and_still_counts_requests(db, client):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE texture_portal_heartbeat RENAME TO away")
    told = figures(client)
    assert told["texture_database_up",] == 0
    assert any(name == "texture_requests_total" for name, *_ in told)


def test_what_the_guide_and_the_alerts_name_is_there(db, client):
    schedules.install()
    heartbeat.beat()
    sign_checkpoint(now=clock.now())
    client.get("/healthz")
    told = client.get("/metrics").content.decode()
    exported = set(re.findall(r"^# TYPE (\w+)", told, re.MULTILINE))
    guide = (Path(settings.BASE_DIR) / "docs" / "operations.md").read_text()
    rules = (Path(settings.BASE_DIR) / "deploy" / "prometheus" / "texture-portal.rules.yml").read_text()
    expressions = " ".join(rule["expr"] for group in yaml.safe_load(rules)["groups"] for rule in group["rules"])
    for text in (guide, expressions):
        named = {re.sub("_bucket$", "", name) for name in re.findall(r"\btexture_[a-z_]+", text)} - {"texture_portal"}
        assert len(named) > 8
        assert named <= exported, named - exported
    queues = set(re.findall(r"queue=~\"([a-z_|]+)\"", expressions))
    assert {name for each in queues for name in each.split("|")} <= {each.name for each in waiting.QUEUES}


def test_no_partner_and_no_person_is_in_it(db, client):
    PartnerFactory(name="Very Private Works")
    enrolled()
    text = client.get("/metrics").content.decode()
    assert "Very Private" not in text
    assert "cust-" not in text
