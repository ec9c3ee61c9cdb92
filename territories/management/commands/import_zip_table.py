from datetime import datetime
from typing import Any

from territories.importers.progress import Progress
from territories.importers.summary import Summary
from territories.importers.tables import import_zip_table
from territories.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Imports tables of utilities by ZIP code, in OpenEI's form: zip, eiaid, …"
    many_files = True

    def read(self, options: dict[str, Any], *, now: datetime, progress: Progress) -> list[Summary]:
        return [import_zip_table(path, now=now) for path in options["files"]]
