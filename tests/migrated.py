"""A database that is migrated once, and kept in the cluster: a run's own is a copy of it, made within a second.

Migrating takes half a minute for each process of a run, and runs in which no migration changed get the same tables.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper

from tests.databases import IN_USE
from texture_portal import clock

ROOT = Path(settings.BASE_DIR)
APPS = "texture_portal|partners|territories|devices|programs|enrollments"
OURS = re.compile(rf"^(?:from|import) (?P<module>(?:{APPS})[.\w]*)(?: import (?P<name>\w+))?", re.MULTILINE)


def template() -> str:
    """Its name. Made where this run is the first with these migrations; those of earlier ones go."""
    name = f"migrated_{IN_USE}_{_what_migrations_make()}"
    with _alone() as cursor:
        if not _exists(name, cursor):
            _drop_unused(f"migrated_{IN_USE}_", cursor)
            _migrate(name, cursor)
    return name


def _what_migrations_make() -> str:
    """A digest of whatever the tables follow from: migrations, what they import, libraries, and the day, since
    readings are kept in a table for each."""
    migrations = sorted(ROOT.glob("*/migrations/*.py"))
    made = sha256(clock.now().date().isoformat().encode())
    for file in [ROOT / "requirements.txt", *migrations, *sorted(_imported_by(migrations))]:
        made.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return made.hexdigest()[:16]


def _imported_by(migrations: list[Path]) -> set[Path]:
    found = set()
    for file in migrations:
        for line in OURS.finditer(file.read_text()):
            module = line["module"]
            candidates = [module, f"{module}.{line['name']}"] if line["name"] else [module]
            found |= {path for each in candidates if (path := ROOT / f"{each.replace('.', '/')}.py").exists()}
    return found


@contextmanager
def _alone() -> Iterator[CursorWrapper]:
    """One process of all that use this server: the others wait, and find it made."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('the migrated template of tests'))")
        yield cursor  # the lock goes with the session


def _exists(name: str, cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return cursor.fetchone() is not None


def _drop_unused(prefix: str, cursor: CursorWrapper) -> None:
    cursor.execute(
        "SELECT datname FROM pg_database d WHERE starts_with(datname, %s)"
        " AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)",
        [prefix],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'DROP DATABASE "{name}"')


def _migrate(name: str, cursor: CursorWrapper) -> None:
    """Aside, then renamed: one that has the name is whole."""
    told = dict(connection.settings_dict)
    connection.settings_dict["TEST"] = {**told["TEST"], "NAME": f"{name}_new"}
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        connection.close()
    finally:
        connection.settings_dict.update(told)
    cursor.execute(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')
