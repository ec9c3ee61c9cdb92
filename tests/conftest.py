"""What every test has: tables that can be emptied between transactional tests, and processes that begin anew."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from territories import index
from territories.geocoding import breaker
from tests import migrated
from tests.spreading import Together, turn
from texture_portal.groups import GROUPS

MADE_BY_MIGRATIONS = {
    "auth_group", "auth_group_permissions", "auth_permission", "django_content_type", "django_migrations",
}  # fmt: skip

# How fast the machine is, is no property of the code (`make bench` measures that). Two runs try the same examples, and
# OTHER_EXAMPLES=1 others.
hypothesis_settings.register_profile(
    "portal",
    deadline=None,
    derandomize="OTHER_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile("portal")


def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False
    return Together(config, log)


def pytest_collection_modifyitems(config, items):
    """In one process tests go in the order of their names."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: turn(item.nodeid))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, django_db_blocker):
    """Every database of the run is a copy of one that was migrated once."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated.template()


@pytest.fixture(autouse=True, scope="session")
def _static_files_have_a_folder():
    """WhiteNoise warns where `collectstatic` has not run, and warnings are errors here."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def _no_geocoder_failed_of_late():
    """What a process knows of geocoders is the process's, and would go from one test into the next."""
    breaker.begin_anew()


@pytest.fixture(autouse=True, scope="session")
def _transactional_tests_leave_what_migrations_made():
    """Django would flush every table, which append-only triggers rightly refuse, and groups would be gone with them."""
    flush = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = lambda test: _empty_tables()
    yield
    TransactionTestCase._fixture_teardown = flush


def _empty_tables():
    """Of what tests wrote: few rows, so that deleting them takes less than making every table anew."""
    with connections["default"].cursor() as cursor, transaction.atomic():
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            if table not in MADE_BY_MIGRATIONS:
                cursor.execute(f'DELETE FROM "{table}"')
        cursor.execute("DELETE FROM auth_group WHERE name <> ALL (%s)", [list(GROUPS)])


@pytest.fixture(autouse=True)
def _fresh_index():
    """The index of territories is the process's, the database the test's."""
    index.forget()
    yield
    index.forget()
