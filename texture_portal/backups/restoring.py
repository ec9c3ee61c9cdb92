"""Restoring a backup into an empty database: everything, or nothing."""

from pathlib import Path

from django.db import connection

from texture_portal import faults
from texture_portal.backups.making import digest_of
from texture_portal.backups.manifest import DUMP, Manifest, UnusableBackupError, read
from texture_portal.backups.programs import run
from texture_portal.keys_needed import names_of_checkpoint_keys, names_of_data_keys


def restore(folder: Path) -> Manifest:
    """Raises `UnusableBackupError` before anything is touched, or `ProgramFailedError`; nothing is restored then."""
    manifest = read(folder)
    _check_whole(folder, manifest)
    _check_keys(manifest)
    _check_code(manifest)
    _check_empty()
    connection.close()
    run("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
        f"--dbname={connection.settings_dict['NAME']}", str(folder / DUMP))  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return manifest


def _check_whole(folder: Path, manifest: Manifest) -> None:
    dump = folder / DUMP
    if not dump.exists() or digest_of(dump) != manifest.dump_sha256:
        raise UnusableBackupError(f"{dump} is not the file that the manifest is of. Remedy: take another copy.")


def _check_keys(manifest: Manifest) -> None:
    """Named one by one: who has lost one has to know what for."""
    wants = [
        *(f"DATA_KEYS {name}, for {count:,} values" for name, count in manifest.data_keys.items()
          if name not in names_of_data_keys()),
        *(f"CHECKPOINT_KEY {name}, for {count:,} signatures" for name, count in manifest.checkpoint_keys.items()
          if name not in names_of_checkpoint_keys()),
    ]  # fmt: skip
    if wants:
        raise UnusableBackupError(
            "Secrets that this backup needs are not in the settings: " + "; ".join(wants) + ". "
            "Remedy: take them from where you keep them, apart from the backups. Nothing was restored."
        )


def _check_code(manifest: Manifest) -> None:
    if unknown := sorted(set(manifest.migrations) - faults.migrations_of_the_code()):
        raise UnusableBackupError(
            f"It was made by a newer portal, with migrations that this one lacks: {', '.join(unknown)}. "
            "Remedy: restore it with the code that it was made by, or a later one."
        )


def _check_empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'S', 'v')"
        )
        [count] = cursor.fetchone()
    if count:
        raise UnusableBackupError(
            f"The database {connection.settings_dict['NAME']} is not empty. Remedy: name an empty one in DATABASE_URL; "
            "a backup is never restored over anything."
        )
