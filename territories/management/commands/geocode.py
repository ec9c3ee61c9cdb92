import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from territories.address_files import NoAddressesError, columns, locate_rows


class Command(BaseCommand):
    help = "Locates the addresses of a CSV file (street, city, state, postal_code) by the geocoders of the setting."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--seconds", type=float, default=300.0, help="for each thousand rows (default: 300)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open(newline="", encoding="utf-8-sig") as file:
                answer = csv.DictWriter(self.stdout, columns(file), extrasaction="ignore", lineterminator="\n")
                answer.writeheader()
                for row in locate_rows(file, seconds=options["seconds"]):
                    answer.writerow(row)
        except (OSError, UnicodeDecodeError, csv.Error) as fault:
            raise CommandError(f"{options['file']} cannot be read: {type(fault).__name__}") from fault
        except NoAddressesError as fault:
            raise CommandError(str(fault)) from fault
