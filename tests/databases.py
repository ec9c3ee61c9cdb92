"""Databases of tests, and where processes that they start find theirs: never the one in use beside the tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection


def url_of_database(name: str) -> str:
    """The same server, another database."""
    return urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()


IN_USE = str(connection.settings_dict["NAME"])


@contextmanager
def database_of_its_own(suffix: str) -> Iterator[None]:
    """Migrated, and used by this process meanwhile. Where the run has a database, its copy: that is sooner made."""
    told = dict(connection.settings_dict)
    if told["NAME"] == IN_USE:  # no test of this run asks for the usual one
        name = f"test_{IN_USE}_{suffix}{os.environ.get('PYTEST_XDIST_WORKER', '')}"
        connection.settings_dict["TEST"] = {**told["TEST"], "NAME": name}
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
    else:
        connection.close()  # nobody may be in what is copied
        connection.creation.clone_test_db(suffix=suffix, verbosity=0, autoclobber=True)
        connection.settings_dict.update(connection.creation.get_test_db_clone_settings(suffix))
    try:
        yield
    finally:
        connection.creation.destroy_test_db(told["NAME"], verbosity=0)
        connection.settings_dict.update(told)
