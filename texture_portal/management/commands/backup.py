"""`manage.py backup FOLDER`: one line for the backup, and the secrets without which it is of no use."""

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from texture_portal import clock
from texture_portal.backups import ProgramFailedError, UnusableBackupError, forget_older, make
from texture_portal.backups.manifest import read


class Command(BaseCommand):
    help = "Writes a backup of the whole database into a new folder within FOLDER, and names the secrets it needs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument("--keep", type=_at_least_one, metavar="N", help="then remove all but the newest N")

    def handle(self, *, folder: Path, keep: int | None, **options: Any) -> None:
        try:
            made = make(folder, now=clock.now())
        except (ProgramFailedError, UnusableBackupError, OSError) as fault:
            raise CommandError(f"There is no new backup. {fault}") from fault
        manifest = read(made)
        rows = sum(manifest.rows.values())
        self.stdout.write(f"{made}: {manifest.dump_bytes:,} bytes, {rows:,} rows")
        for name, count in manifest.data_keys.items():
            self.stdout.write(f"needs DATA_KEYS {name}, for {count:,} values")
        for name, count in manifest.checkpoint_keys.items():
            self.stdout.write(f"needs CHECKPOINT_KEY {name}, for {count:,} signatures")
        for older in forget_older(folder, keep=keep) if keep else ():
            self.stdout.write(f"removed {older}")


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("keep at least one")
    return int(text)
