"""A database beside the portal's own, migrated, and dropped at the end: what is measured touches nobody's data."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from territories import index


@contextmanager
def scratch_database() -> Iterator[str]:
    """Its URL; this process uses it, too."""
    own = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"] = {**connection.settings_dict["TEST"], "NAME": f"bench_{os.getpid()}"}
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    index.forget()
    try:
        head, _, tail = settings.DATABASE_URL.partition("?")
        yield f"{head.removesuffix(own)}{name}" + (f"?{tail}" if tail else "")
    finally:
        connection.creation.destroy_test_db(own, verbosity=0)
        index.forget()
