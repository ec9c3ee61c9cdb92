"""`manage.py lifecycle_diagram`: the lifecycle's page and picture, made from the code."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from enrollments.diagram import markdown
from enrollments.picture import svg


class Command(BaseCommand):
    help = "Writes docs/lifecycle.md and docs/lifecycle.svg; with --check says whether they are fresh."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing, and fail where they are not fresh")
        parser.add_argument("--docs", type=Path, default=settings.BASE_DIR / "docs", metavar="DIR")

    def handle(self, *, check: bool, docs: Path, **options: Any) -> None:
        pages = {docs / "lifecycle.md": markdown(), docs / "lifecycle.svg": svg()}
        stale = [file for file, text in pages.items() if not file.exists() or file.read_text() != text]
        if check and stale:
            names = ", ".join(file.name for file in stale)
            raise CommandError(f"Not as the code is: {names}. Remedy: python manage.py lifecycle_diagram")
        for file in stale:
            file.write_text(pages[file])
        self.stdout.write(f"Written: {', '.join(file.name for file in stale)}" if stale else "Fresh.")
