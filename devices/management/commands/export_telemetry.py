"""`manage.py export_telemetry PORTFOLIO`: what its devices told, as CSV."""

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from devices.models import Portfolio
from devices.telemetry import export
from devices.telemetry.history import GRANULARITIES
from texture_portal import actors, clock


class Command(BaseCommand):
    help = "Writes what the devices of a portfolio told within some days as CSV, to a file or to the output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("portfolio", help="its name")
        parser.add_argument("--days", type=int, default=1, help="before now (%(default)s)")
        parser.add_argument("--start", type=_instant, help="RFC 3339, with an offset; in place of --days")
        parser.add_argument("--end", type=_instant, help="likewise; now, unless given")
        parser.add_argument("--granularity", choices=GRANULARITIES, default="raw")
        parser.add_argument("--output", help="a file; the output, unless given")

    def handle(self, *, portfolio: str, days: int, granularity: str, output: str | None, **options: Any) -> None:
        chosen = Portfolio.objects.filter(name=portfolio).first()
        if chosen is None:
            raise CommandError(
                f"There is no portfolio {portfolio!r}. Remedy: make one in the admin, or check its name."
            )
        end = options["end"] or clock.now()
        start = options["start"] or end - timedelta(days=days)
        now, by = clock.now(), actors.system("export_telemetry", channel=actors.Channel.COMMAND)
        lines = export.export(
            chosen, start=start, end=end, granularity=granularity, reason="from a shell", now=now, by=by
        )
        if output is None:
            self.stdout.writelines(lines)
            return
        with open(output, "w", newline="", encoding="utf-8") as file:
            file.writelines(lines)


def _instant(given: str) -> datetime:
    instant = datetime.fromisoformat(given)
    if instant.tzinfo is None:
        raise ValueError("an offset is missing")
    return instant.astimezone(UTC)
