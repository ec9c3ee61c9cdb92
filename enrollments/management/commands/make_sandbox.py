"""`make_sandbox`: lays a sandbox's made-up grid and programs into its own database (docs/sandbox.md)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from enrollments.partner_sandbox import stage
from territories.geocoding.staged import STAGED


class Command(BaseCommand):
    help = "Lays the sandbox's made-up utilities, territories and programs. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            stage.lay()
        except stage.NoStageError as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(
            f"{len(stage.UTILITIES)} made-up utilities, {len(stage.PROGRAMS)} programs, {len(STAGED)} addresses that "
            "each come to one outcome: see /docs/sandbox."
        )
