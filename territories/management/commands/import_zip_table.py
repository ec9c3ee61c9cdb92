from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from territories.importers.progress import Progress
from territories.importers.summary import Summary
from territories.importers.tables import import_zip_table
from territories.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Imports tables of utilities by ZIP code, in OpenEI's form: zip, eiaid, …"
    many_files = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--as-of", type=int, metavar="YEAR", help="the year it describes (else that in its name)")

    def read(self, options: dict[str, Any], *, now: datetime, progress: Progress) -> list[Summary]:
        return [import_zip_table(path, now=now, as_of_year=options["as_of"]) for path in options["files"]]
