from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from enrollments.rematching import Settlement, located_sites, propose_each, settle_each
from territories.importers.progress import Progress
from texture_portal import clock
from texture_portal.actors import system

WORDS = {
    Settlement.MOVE: "another utility or CCA, moved through the lifecycle",
    Settlement.REVIEW: "another utility, and programs would be lost: asked of staff",
    Settlement.DOUBT: "the present utility is in doubt: left as they are",
}


class Command(BaseCommand):
    help = (
        "Matches the sites of open enrollments again, by the data in force; what changes is moved, or asked of staff."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and why; change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        ids = located_sites()
        through = Progress(self.stderr).through(ids, doing="rematch")
        dry = options["dry_run"]
        proposals = propose_each(through) if dry else settle_each(through, now=clock.now(), by=system("rematch"))
        counts: Counter[Settlement] = Counter()
        for proposal in proposals:
            counts[proposal.settlement] += 1
            self.stdout.write(str(proposal))
        self.stdout.write(f"{len(ids):,} sites matched again{', nothing changed: a dry run' if dry else ''}.")
        for settlement, count in sorted(counts.items()):
            self.stdout.write(f"  {count:,} {WORDS[settlement]}")
