from datetime import datetime
from typing import Any

from territories.importers.progress import Progress
from territories.importers.summary import Summary
from territories.importers.tables import import_county_table
from territories.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Imports a table of utilities by county, in EIA-861's form: utility_number, state, county, …"

    def read(self, options: dict[str, Any], *, now: datetime, progress: Progress) -> list[Summary]:
        return [import_county_table(options["file"], now=now)]
