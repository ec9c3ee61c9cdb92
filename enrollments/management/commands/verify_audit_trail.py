"""`manage.py verify_audit_trail`: exit status 0 when the audit trail is whole, 1 when it is not."""

import json
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from enrollments.audit import breaks, count_entries, one_snapshot
from enrollments.audit.kept import kept_breaks, said_of_checkpoints

SECONDS_BETWEEN = 5  # lines of progress


class Command(BaseCommand):
    help = (
        "Prove the audit trail whole, with its checkpoints; names every row that is not, and then ends with status 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--enrollment", type=UUID, metavar="ID", help="one enrollment's chain only")
        parser.add_argument(
            "--checkpoints", type=Path, metavar="FILE", help="kept elsewhere: those of the database must be the same"
        )

    def handle(self, *, enrollment: UUID | None, checkpoints: Path | None, **options: Any) -> None:
        kept = [json.loads(line) for line in checkpoints.read_text().splitlines()] if checkpoints else []
        count = 0
        with one_snapshot():
            entries = count_entries()
            watch = Watch(self, entries)
            for found in (breaks(enrollment_id=enrollment, progress=watch.seen), kept_breaks(kept)):
                for each in found:
                    count += 1
                    self.stdout.write(f"BROKEN {each}")
            covered = said_of_checkpoints()
        if count:
            self.stdout.write(f"The audit trail is not whole: {count} breaks.")
            sys.exit(1)
        self.stdout.write(f"The audit trail is whole: {entries} entries. {covered}")


class Watch:
    """Says on stderr how far it is, every few seconds."""

    def __init__(self, command: BaseCommand, entries: int) -> None:
        self.command, self.entries = command, entries
        self.count, self.began = 0, time.monotonic()
        self.said = self.began

    def seen(self, more: int) -> None:
        self.count += more
        now = time.monotonic()
        if now - self.said >= SECONDS_BETWEEN:
            self.said = now
            rate = self.count / (now - self.began)
            self.command.stderr.write(f"{self.count:,} of {self.entries:,} entries, {rate:,.0f} a second")
