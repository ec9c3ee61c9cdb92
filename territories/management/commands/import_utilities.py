from datetime import datetime
from typing import Any

from territories.importers.progress import Progress
from territories.importers.summary import Summary
from territories.importers.utilities import import_utilities
from territories.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Imports utilities: CommonGrid's utilities.json."

    def read(self, options: dict[str, Any], *, now: datetime, progress: Progress) -> list[Summary]:
        return [import_utilities(options["file"], now=now, progress=progress)]
