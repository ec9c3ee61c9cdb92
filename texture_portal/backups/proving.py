"""Holding what was restored against what the backup said: every row is there, every seal opens, the trail is whole."""

from collections.abc import Iterator

from enrollments.audit import breaks, count_entries, one_snapshot
from texture_portal.backups.manifest import Manifest, rows_of_tables
from texture_portal.keys_needed import needed


def shortfalls(manifest: Manifest) -> Iterator[str]:
    """Nothing where all is there. Of a database that nothing has written to since."""
    with one_snapshot():
        found = needed()
        for column, count in found.broken.items():
            if count > (before := manifest.broken.get(column, 0)):
                yield f"{count:,} values of {column} are opened by no key; when it was backed up, {before:,} were not"
        for key in found.strange_checkpoint_keys:
            yield f"there are signatures by {key}, which is none of ours"
        if (entries := count_entries()) != manifest.audit_entries:
            yield f"the audit trail has {entries:,} entries, and had {manifest.audit_entries:,}"
        for each in breaks():
            yield f"the audit trail is broken: {each}"


def miscounted(manifest: Manifest) -> Iterator[str]:
    """Before anything else is done to the database: a migration may add rows, or move them."""
    present = rows_of_tables()
    for table in sorted({*present, *manifest.rows}):
        if present.get(table) != manifest.rows.get(table):
            yield f"{table} has {present.get(table, 0):,} rows, and had {manifest.rows.get(table, 0):,}"
