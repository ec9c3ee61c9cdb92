"""`manage.py rotate_encryption_keys`: exit status 0 when everything opens, 1 when something no key opens."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand

from enrollments.account import contacts
from enrollments.deletion import renaming
from texture_portal.resealing import Tally, keys_in_use, reseal_everything

SECONDS_BETWEEN = 5  # lines of progress
MOST_NAMED = 10


class Command(BaseCommand):
    help = (
        "Seals anew under the first of DATA_KEYS whatever an older one has sealed, and says which keys are "
        "still needed. Safe to kill, and to run again."
    )

    def handle(self, **options: Any) -> None:
        self.said = time.monotonic()
        tallies = reseal_everything(tell=self._tell)
        for each in tallies:
            self.stdout.write(f"{each.column}: {each.seen:,} values, {each.resealed:,} sealed anew")
        self.stdout.write(f"contacts: {contacts.name_anew():,} named anew")
        self.stdout.write(f"erased people and their devices: {renaming.name_anew():,} named anew")
        self._say_keys(tallies)
        broken = [each for each in tallies if each.broken]
        for each in broken:
            named = ", ".join(map(str, each.broken[:MOST_NAMED]))
            self.stdout.write(f"CANNOT BE OPENED {each.column}: {len(each.broken):,} values, of {named}")
        if broken:
            self.stdout.write("Remedy: add the key that sealed them to DATA_KEYS, and run this again.")
            sys.exit(1)

    def _say_keys(self, tallies: list[Tally]) -> None:
        for number, count in enumerate(keys_in_use(tallies)):
            place = "newest" if number == 0 else f"number {number + 1}"
            needed = f"needed by {count:,} values" if count else "needed by nothing"
            dropped = "" if count or number == 0 else ": it can be dropped once no process seals with it"
            self.stdout.write(f"DATA_KEYS, {place}: {needed}{dropped}")

    def _tell(self, tally: Tally) -> None:
        if time.monotonic() - self.said >= SECONDS_BETWEEN:
            self.said = time.monotonic()
            self.stderr.write(f"{tally.column}: {tally.seen:,} values looked at, {tally.resealed:,} sealed anew")
