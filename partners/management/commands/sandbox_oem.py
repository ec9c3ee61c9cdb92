"""`sandbox_oem --devices N --port P`: a simulated OEM cloud, to try the portal against (partners/sandbox/API.md)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from partners.sandbox.command_line import ABOUT, OptionError, add_arguments, run


class Command(BaseCommand):
    help = ABOUT
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run(options, write=self._write)
        except OptionError as wrong:
            raise CommandError(str(wrong)) from wrong

    def _write(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
