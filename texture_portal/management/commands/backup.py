"""`manage.py backup FOLDER`: one line for the backup, and the secrets without which it is of no use.

Exit status 1 where there is none, and where it holds values that no key opens: that one is kept.
"""

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from texture_portal import clock
from texture_portal.backups import ProgramFailedError, forget_older, make
from texture_portal.backups.manifest import Manifest, read


class Command(BaseCommand):
    help = "Writes a backup of the whole database into a new folder within FOLDER, and names the secrets it needs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument("--keep", type=_at_least_one, metavar="N", help="then remove all but the newest N")

    def handle(self, *, folder: Path, keep: int | None, **options: Any) -> None:
        try:
            made = make(folder, now=clock.now())
        except (ProgramFailedError, OSError) as fault:
            raise CommandError(f"There is no new backup. {fault}") from fault
        manifest = read(made)
        rows = sum(manifest.rows.values())
        self.stdout.write(f"{made}: {manifest.dump_bytes:,} bytes, {rows:,} rows")
        for name, count in manifest.data_keys.items():
            self.stdout.write(f"needs DATA_KEYS {name}, for {count:,} values")
        for name, count in manifest.checkpoint_keys.items():
            self.stdout.write(f"needs CHECKPOINT_KEY {name}, for {count:,} signatures")
        self._stop_at_broken(manifest)
        for older in forget_older(folder, keep=keep) if keep else ():
            self.stdout.write(f"removed {older}")

    def _stop_at_broken(self, manifest: Manifest) -> None:
        """Before older ones are removed: one of them may be from when the key was there."""
        for column, count in manifest.broken.items():
            self.stdout.write(f"CANNOT BE OPENED {column}: {count:,} values")
        if manifest.broken:
            raise CommandError(
                "The backup is whole, but no key opens these values, here or where it is restored; no older one was "
                "removed. Remedy: add the key that sealed them to DATA_KEYS, after the others, and back up again."
            )


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("keep at least one")
    return int(text)
