"""`manage.py restore FOLDER`: exit status 0 when all of it is there and proved whole, 1 otherwise."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from texture_portal.backups import ProgramFailedError, UnusableBackupError, miscounted, restore, shortfalls


class Command(BaseCommand):
    help = "Restores a backup into an empty database, and proves it whole: every row, every seal, the audit trail."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="as `manage.py backup` named it")

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            manifest = restore(folder)
        except (ProgramFailedError, UnusableBackupError) as fault:
            raise CommandError(str(fault)) from fault
        self._stop_at(miscounted(manifest))
        rows = sum(manifest.rows.values())
        self.stdout.write(f"Restored as of {manifest.made_at}: {rows:,} rows in {len(manifest.rows)} tables.")
        call_command("migrate", interactive=False, verbosity=0)
        self._stop_at(shortfalls(manifest))
        broken = sum(manifest.broken.values())
        opens = f"Every seal opens but {broken:,}, which no key opened before" if broken else "Every seal opens"
        self.stdout.write(f"{opens}, and the audit trail is whole: {manifest.audit_entries:,} entries.")
        self.stdout.write("What was erased, revoked or delivered since then is not known here: see docs/backups.md.")

    def _stop_at(self, wrong: Iterable[str]) -> None:
        found = list(wrong)
        for each in found:
            self.stdout.write(f"WRONG {each}")
        if found:
            raise CommandError(f"What was restored is not what was backed up: {len(found)} differences.")
