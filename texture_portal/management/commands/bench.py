"""`make bench`: one JSON line for each measurement; what is said meanwhile goes to stderr."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import BaseCommand

from texture_portal.bench import (
    audit,
    commands,
    dispatch,
    enrollment,
    history,
    imports,
    matching,
    polling,
    revocation,
    telemetry,
    webhooks,
)

BENCHES = {
    "matching": matching.measure,
    "enrollment": enrollment.measure,
    "enrollment_at_size": enrollment.measure_at_size,
    "batch": enrollment.measure_batch,
    "revocation": revocation.measure,
    "webhooks": webhooks.measure,
    "polling": polling.measure,
    "polling_bulk": polling.measure_bulk,
    "commands_push": commands.measure_push,
    "commands_pull": commands.measure_pull,
    "import": imports.measure,
    "audit": audit.measure,
    "telemetry": telemetry.measure,
    "dispatch_page": dispatch.measure,
    "history": history.measure,
    "readings_size": history.measure_size,
}
BESIDE = settings.BASE_DIR.parent / "shared" / "data"


class Command(BaseCommand):
    help = "Measures, in a database of its own that is dropped at the end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; default: all")
        parser.add_argument(
            "--data",
            type=Path,
            default=os.environ.get("DATA"),
            metavar="DIR",
            help="real data: territories/, zip/, addresses/ ($DATA)",
        )

    def handle(self, *, names: list[str], data: Path | None, **options: Any) -> None:
        if unknown := [name for name in names if name not in BENCHES]:
            raise CommandError(f"There is no bench {', '.join(unknown)}. Remedy: choose from {', '.join(BENCHES)}.")
        data = data or (BESIDE if BESIDE.is_dir() else None)
        for name in names or BENCHES:
            self.stderr.write(f"Measuring {name}, with {data or 'the grid of the demo'}")
            self.stdout.write(BENCHES[name](data).line())
            self.stdout.flush()
