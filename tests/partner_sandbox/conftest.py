"""A sandbox as an operator sets one up: its own database, laid and served by its own commands."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from tests.contract.client import Client, close_connections
from tests.databases import database_of_its_own, url_of_database
from tests.faults.conftest import Portal, printed
from tests.sandbox.running import running_cloud
from tests.waiting import PATIENCE, wait_for


def manage(*words: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """A command of the portal in a process of its own, on the tests' database."""
    close_connections()  # by then the portal will have
    url = url_of_database(connection.settings_dict["NAME"])
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR, env={**os.environ, "DATABASE_URL": url, **variables},
        input=given, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip


@pytest.fixture(scope="package")
def sandbox(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), database_of_its_own("sandbox"):
        laid = manage("make_sandbox", SANDBOX="on")
        assert laid.returncode == 0, laid.stderr
        portal = Portal(SANDBOX="on", OUTBOUND_ALLOWED_HOSTS="127.0.0.1")
        wait_for(portal.is_ready)
        yield portal
        close_connections()
        portal.stop()


@pytest.fixture(scope="package")
def maker(sandbox):
    """The made-up manufacturer's cloud, at which end users of every partner link."""
    with running_cloud(devices=12, push_seconds=3600) as cloud:
        told = manage("make_sandbox", "--maker", given=json.dumps(cloud.told), SANDBOX="on")
        assert told.returncode == 0, told.stderr
        yield cloud


@pytest.fixture
def partner(sandbox):
    made = []

    def another() -> Client:
        name = f"Acme {len(made)} {os.urandom(3).hex()}"
        told = printed("create_partner", name, "--kind", "oem")
        close_connections()  # as the portal did meanwhile with those that nobody used
        made.append(Client(sandbox.authority, {**told, "name": name}))
        return made[-1]

    return another
