from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from territories.importers.progress import Progress
from territories.importers.summary import Summary
from territories.importers.territories import import_territories
from territories.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Imports service territories: GeoJSON, GeoJSON lines, Shapefile, GeoPackage."
    many_files = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--cca", action="store_true", help="they are community choice aggregators' territories")

        parser.add_argument(
            "--edge-error", type=int, metavar="METERS", help="how far the boundaries may be off (500; CCAs' 50)"
        )

    def read(self, options: dict[str, Any], *, now: datetime, progress: Progress) -> list[Summary]:
        return [
            import_territories(path, cca=options["cca"], now=now, progress=progress, edge_error=options["edge_error"])
            for path in options["files"]
        ]
