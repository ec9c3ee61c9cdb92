"""What every test has: append-only tables that can be emptied between transactional tests."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase

from territories import index
from territories.geocoding import breaker


@pytest.fixture(autouse=True, scope="session")
def _static_files_have_a_folder():
    """WhiteNoise warns where `collectstatic` has not run, and warnings are errors here."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def _no_geocoder_failed_of_late():
    """What a process knows of geocoders is the process's, and would go from one test into the next."""
    breaker.begin_anew()


@pytest.fixture(autouse=True, scope="session")
def _evidence_can_be_flushed():
    """Transactional tests empty the tables by TRUNCATE, which append-only triggers rightly refuse."""
    flush = TransactionTestCase._fixture_teardown

    def flush_without_triggers(self):
        with connections["default"].cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
        try:
            flush(self)
        finally:
            with connections["default"].cursor() as cursor:
                cursor.execute("SET session_replication_role = DEFAULT")

    TransactionTestCase._fixture_teardown = flush_without_triggers
    yield
    TransactionTestCase._fixture_teardown = flush


@pytest.fixture(autouse=True)
def _fresh_index():
    """The index of territories is the process's, the database the test's."""
    index.forget()
    yield
    index.forget()
