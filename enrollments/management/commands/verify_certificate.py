"""`manage.py verify_certificate FILE`: whether a certificate of deletion is this portal's, to the byte."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from enrollments.deletion import certificate


class Command(BaseCommand):
    help = "Verifies a certificate of deletion: each section against its digest, and the portal's signature."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document = json.loads(options["file"].read_bytes())
        except (OSError, ValueError) as fault:
            raise CommandError(
                f"{options['file']} cannot be read as JSON. Remedy: give the file as it was taken along."
            ) from fault
        faults = certificate.faults(document)
        if faults:
            raise CommandError(" ".join(faults))
        about = document["sections"]["about"]
        self.stdout.write(f"It is this portal's own, and whole: request {about['requestId']}, done {about['doneAt']}.")
