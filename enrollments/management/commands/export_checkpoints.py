"""`manage.py export_checkpoints FILE`: the signed checkpoints, for somebody to keep where the portal cannot reach."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from enrollments.evidence.statements import on_paper
from enrollments.models import Checkpoint
from texture_portal import notary


class Command(BaseCommand):
    help = "Write the signed checkpoints, one JSON document a line, oldest first; or the public keys that verify them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="default: standard output")
        parser.add_argument("--since", type=int, default=1, metavar="N", help="from this checkpoint on")
        parser.add_argument("--public-key", action="store_true", help="the keys as PEM, newest first, and nothing else")

    def handle(self, *, file: Path | None, since: int, public_key: bool, **options: Any) -> None:
        if public_key:
            text = notary.public_keys_pem()
        else:
            rows = Checkpoint.objects.filter(number__gte=since).order_by("number")
            text = "".join(json.dumps(on_paper(each), sort_keys=True) + "\n" for each in rows.iterator())
        if file is None:
            self.stdout.write(text, ending="")
        else:
            file.write_text(text)
