from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from programs.importing import import_programs
from territories.importers.files import BadFileError
from territories.importers.progress import Progress
from territories.importers.summary import Summary
from territories.importers.territories import import_territory_folder
from territories.importers.utilities import import_utilities
from territories.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Imports a checkout of Texture's CommonGrid: utilities, territories and programs, in one transaction."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="the checkout, or its folder data/")

    def read(self, options: dict[str, Any], *, now: datetime, progress: Progress) -> list[Summary]:
        data = _data_folder(options["folder"])
        summaries = [import_utilities(data / "utilities.json", now=now, progress=progress)]
        summaries += import_territory_folder(data / "territories", now=now, progress=progress)
        if (data / "programs.json").exists():
            summaries.append(import_programs(data / "programs.json", progress=progress))
        return summaries


def _data_folder(folder: Path) -> Path:
    for candidate in (folder / "data", folder):
        if (candidate / "utilities.json").exists() and (candidate / "territories").is_dir():
            return candidate
    raise BadFileError(
        folder,
        "It has no data/utilities.json with data/territories/ beside it.",
        remedy="name a checkout of CommonGrid.",
    )
