"""`/status/`: what is up and what is not, also where the database is gone."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from tests.waiting import PATIENCE
from texture_portal import clock, schedules
from texture_portal.models import Heartbeat
from texture_portal.status.components import components

ASK = """
import django
django.setup()
from django.test import Client
answer = Client(headers={"host": "localhost"}).get("/status/")
print(answer.status_code)
print(answer.content.decode())
"""


def states() -> dict[str, str]:
    return {each.name: str(each.state) for each in components(now=clock.now())}


@pytest.mark.django_db
def test_all_are_up_where_the_workers_live_and_the_schedules_are_set() -> None:
    schedules.install()
    Heartbeat.objects.create(name="here", beat_at=clock.now() - timedelta(seconds=7))
    assert states() == dict.fromkeys(("Web and API", "Database", "Workers", "Schedules"), "up")
    text = Client().get("/status/").content.decode()
    assert "All components are up." in text
    assert "Last sign of life 7 seconds ago." in text or "Last sign of life 8 seconds ago." in text
    assert "None announced." in text


@pytest.mark.django_db
def test_workers_that_are_silent_are_down() -> None:
    schedules.install()
    Heartbeat.objects.create(name="here", beat_at=clock.now() - timedelta(hours=2, minutes=5))
    assert states() == {"Web and API": "up", "Database": "up", "Workers": "down", "Schedules": "up"}
    answer = Client().get("/status/")
    assert answer.status_code == 200
    assert "Not everything is up." in answer.content.decode()
    assert "Last sign of life 2 hours ago." in answer.content.decode()


@pytest.mark.django_db
def test_what_never_was_there_is_down() -> None:
    assert states() == {"Web and API": "up", "Database": "up", "Workers": "down", "Schedules": "down"}


def test_without_a_database_the_page_says_so() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=Path(__file__).parents[2],
        env={
            **os.environ,
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
            "DJANGO_SETTINGS_MODULE": "texture_portal.settings",
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert asked.stdout.startswith("200\n"), asked.stdout + asked.stderr
    assert "It does not answer." in asked.stdout
    assert asked.stdout.count("Cannot be told without the database.") == 3
