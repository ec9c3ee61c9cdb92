from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from territories.importers.progress import Progress
from territories.importers.summary import Summary
from territories.importers.tables import import_county_table
from territories.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Imports a table of utilities by county, in EIA-861's form: utility_number, state, county, …"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--as-of", type=int, metavar="YEAR", help="the year it describes (else that in its name)")

    def read(self, options: dict[str, Any], *, now: datetime, progress: Progress) -> list[Summary]:
        return [import_county_table(options["file"], now=now, as_of_year=options["as_of"])]
