"""What a backup says of itself: read before anything is restored, and held against what was."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import connection

from enrollments.audit import count_entries
from texture_portal import clock
from texture_portal.keys_needed import needed

FORM = 1
FILE, DUMP = "manifest.json", "database.dump"


class UnusableBackupError(Exception):
    """Says why, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`data_keys` and `checkpoint_keys`: by name, how many values need each. `rows`: of every table.

    `broken`: by column, how many values no key opened.
    """

    form: int
    made_at: str
    server: str
    dump_bytes: int
    dump_sha256: str
    migrations: list[str]
    data_keys: dict[str, int]
    checkpoint_keys: dict[str, int]
    audit_entries: int
    rows: dict[str, int]
    broken: dict[str, int] = field(default_factory=dict)  # older backups say nothing of it: there were none

    def write(self, folder: Path) -> None:
        (folder / FILE).write_text(json.dumps(asdict(self), indent=2) + "\n")


def read(folder: Path) -> Manifest:
    """Raises `UnusableBackupError`."""
    try:
        said = json.loads((folder / FILE).read_text())
        if said.get("form") != FORM:
            raise UnusableBackupError(f"{folder} is of form {said.get('form')}; this portal reads form {FORM}.")
        return Manifest(**said)
    except (OSError, ValueError, TypeError, AttributeError) as fault:
        raise UnusableBackupError(f"{folder} holds no backup that can be read ({type(fault).__name__}).") from fault


def taken(*, now: datetime, dump_bytes: int, dump_sha256: str) -> Manifest:
    """Of the present snapshot."""
    secrets = needed()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        [server] = cursor.fetchone()
    return Manifest(
        form=FORM,
        made_at=clock.to_wire(now),
        server=str(server),
        dump_bytes=dump_bytes,
        dump_sha256=dump_sha256,
        migrations=migrations_applied(),
        data_keys=dict(secrets.data_keys),
        checkpoint_keys=dict(secrets.checkpoint_keys),
        audit_entries=count_entries(),
        rows=rows_of_tables(),
        broken=dict(secrets.broken),
    )


def migrations_applied() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def rows_of_tables() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1"
        )
        return {table: _count(table) for (table,) in cursor.fetchall()}


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a name of the catalogue
        [count] = cursor.fetchone()
        return int(count)
