"""`make_sandbox`: lays a sandbox's made-up grid and programs into its own database, and sets up its manufacturer."""

import json
import sys
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from enrollments.partner_sandbox import maker, stage
from territories.geocoding.staged import STAGED
from texture_portal import actors

BY = actors.system("make_sandbox", channel=actors.Channel.COMMAND)


class Command(BaseCommand):
    help = "Lays the sandbox's made-up utilities, territories and programs. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--maker", action="store_true", help="read what sandbox_oem printed: end users link at that cloud"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            stage.lay()
            if options["maker"]:
                self._set_up(sys.stdin.readline())
        except stage.NoStageError as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(
            f"{len(stage.UTILITIES)} made-up utilities, {len(stage.PROGRAMS)} programs, {len(STAGED)} addresses that "
            "each come to one outcome: see /docs/sandbox."
        )

    def _set_up(self, line: str) -> None:
        try:
            told = json.loads(line)
            url, client = told["url"], told["client"]
            given = {"client_id": client["id"], "client_secret": client["secret"]}
            host = urlsplit(url).hostname or ""
        except (ValueError, LookupError, TypeError) as wrong:
            raise CommandError("That is not the line that sandbox_oem printed. Remedy: pipe it in.") from wrong
        maker.set_up(url, by=BY, **given)
        self.stdout.write(f"End users link at {url}; {url}/accounts says as whom.")
        if urlsplit(url).scheme == "http" and host not in settings.OUTBOUND_ALLOWED_HOSTS:
            self.stderr.write(f"The portal may not call {host} yet. Remedy: serve with OUTBOUND_ALLOWED_HOSTS={host}.")
