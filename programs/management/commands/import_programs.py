from datetime import datetime
from typing import Any

from programs.importing import import_programs
from territories.importers.progress import Progress
from territories.importers.summary import Summary
from territories.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Imports programs: CommonGrid's programs.json. Import their utilities first."

    def read(self, options: dict[str, Any], *, now: datetime, progress: Progress) -> list[Summary]:
        return [import_programs(options["file"], progress=progress)]
