"""What every import command does: one transaction, one import at a time, a summary, and a clear end."""

from abc import ABC, abstractmethod
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction

from territories import index
from territories.importers.files import BadFileError
from territories.importers.progress import Progress
from territories.importers.summary import Summary
from territories.importers.versions import hold_imports
from texture_portal import clock


class ImportCommand(ABC, BaseCommand):
    """Subclasses name their arguments and `read` the files."""

    many_files = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        if self.many_files:
            parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        else:
            parser.add_argument("file", type=Path, metavar="FILE")

    @abstractmethod
    def read(self, options: dict[str, Any], *, now: datetime, progress: Progress) -> list[Summary]:
        """Imports what the options name."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                hold_imports()
                summaries = self.read(options, now=clock.now(), progress=Progress(self.stderr))
                if not any(summary.taken for summary in summaries):
                    raise CommandError("Nothing could be imported.\n" + _report(summaries))
        except BadFileError as fault:
            raise CommandError(str(fault)) from fault
        except IntegrityError as fault:
            raise CommandError(f"What was read contradicts what is in force: {fault}") from fault
        index.forget()
        self.stdout.write(_report(summaries))


def _report(summaries: list[Summary]) -> str:
    return "\n".join(line for summary in summaries for line in summary.lines())
