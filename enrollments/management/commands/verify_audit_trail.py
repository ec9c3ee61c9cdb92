"""`manage.py verify_audit_trail`: exit status 0 when the audit trail is whole, 1 when it is not."""

import sys
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from enrollments.audit import breaks, count_entries, one_snapshot


class Command(BaseCommand):
    help = "Prove the audit trail whole; names every row that is not, and then ends with status 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--enrollment", type=UUID, metavar="ID", help="one enrollment's chain only")

    def handle(self, **options: Any) -> None:
        with one_snapshot():
            count = 0
            for each in breaks(enrollment_id=options["enrollment"]):
                count += 1
                self.stdout.write(f"BROKEN {each}")
            entries = count_entries()
        if count:
            self.stdout.write(f"The audit trail is not whole: {count} breaks.")
            sys.exit(1)
        self.stdout.write(f"The audit trail is whole: {entries} entries.")
