"""`manage.py export_evidence ID`: what an auditor takes along; docs/evidence.md says how to verify it."""

import getpass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management import CommandError
from django.core.management.base import BaseCommand, CommandParser

from enrollments.evidence import bundle, paper
from enrollments.models import Enrollment, EvidenceAccess
from texture_portal import clock
from texture_portal.actors import Channel, system


class Command(BaseCommand):
    help = "Write the evidence of one enrollment as a JSON bundle and as a page to print. The export is on record."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("enrollment", type=UUID, metavar="ID")
        parser.add_argument("--to", type=Path, default=Path(), metavar="DIR", help="default: the present folder")
        parser.add_argument("--reason", default="", help="why it is exported; goes on record")

    def handle(self, *, enrollment: UUID, to: Path, reason: str, **options: Any) -> None:
        by = system(getpass.getuser(), channel=Channel.COMMAND)
        try:
            made = bundle.export(enrollment, what=EvidenceAccess.What.BUNDLE, now=clock.now(), by=by, reason=reason)
        except Enrollment.DoesNotExist:
            raise CommandError(f"There is no enrollment {enrollment}.") from None
        to.mkdir(parents=True, exist_ok=True)
        for file, content in (
            (to / f"{made.name}.json", made.as_file()),
            (to / f"{made.name}.html", paper.page_of(made).encode()),
        ):
            file.write_bytes(content)
            self.stdout.write(str(file))
