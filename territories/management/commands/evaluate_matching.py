import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from territories.evaluation import judge, read_samples, summary
from territories.geocoding.coordinates import PARTNER_ACCURACY_METERS
from territories.importers.files import BadFileError
from territories.importers.progress import Progress

WORST_SHOWN = 10


class Command(BaseCommand):
    help = (
        "Matches the places of a CSV file (latitude, longitude, postal_code, state; or addresses: street, city, state, "
        "postal_code) and says what is decided; where expected_eia_id is given, how much of it is right."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
        parser.add_argument(
            "--coordinates-off",
            action="store_true",
            help="use the postal geocoder alone; where coordinates are given, say how often they contradict it",
        )
        parser.add_argument(
            "--accuracy", type=float, default=PARTNER_ACCURACY_METERS, help="of the coordinates, metres"
        )
        parser.add_argument("--worst", type=int, default=WORST_SHOWN, help="how many of the worst cases to show")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            samples = read_samples(options["file"])
        except BadFileError as fault:
            raise CommandError(str(fault)) from fault
        progress = Progress(self.stderr)
        rows = progress.through(samples, doing=options["file"].name)
        judged = list(judge(rows, accuracy_meters=options["accuracy"], coordinates_off=options["coordinates_off"]))
        said = summary(judged, worst=options["worst"])
        self.stdout.write(json.dumps(said) if options["json"] else "\n".join(_table(said)))


def _table(said: dict[str, Any]) -> list[str]:
    lines = [f"{name:<12}{said[key]:>8,}{said[key] / said['total']:>9.2%}" for name, key in _COUNTS]
    if "compared" in said:
        lines.append(f"{'contradicted':<12}{said['contradicted']:>8,} of {said['compared']:,} by their coordinates")
    if said["labelled"]:
        lines += ["", _labelled(said), "", f"{'score':<12}{'places':>8}{'mean':>9}{'right':>9}"]
        lines += [
            f"{row['from']:.1f} - {row['to']:.1f}   {row['count']:>8,}{row['meanScore']:>9.3f}{row['right']:>9.3f}"
            for row in said["calibration"]
        ]
    for case in said["worst"]:
        lines += ["", *_case(case)]
    return lines


def _labelled(said: dict[str, Any]) -> str:
    decided = said["right"] + said["wrong"]
    share = f" ({said['right'] / decided:.2%} right)" if decided else ""
    return (
        f"{said['labelled']:,} labelled, {decided:,} of them decided: {said['right']:,} right, "
        f"{said['wrong']:,} wrong{share}"
    )


_COUNTS = (("total", "total"), ("decided", "decided"), ("ambiguous", "ambiguous"), ("no match", "noMatch"))


def _case(case: dict[str, Any]) -> list[str]:
    expected = f", expected {case['expected']}" if case["expected"] else ""
    alike = f", and {case['alike']:,} like it" if case["alike"] else ""
    where = f"line {case['line']} ({case['state']} {case['postalCode']}){alike}"
    lines = [f"{where}: {case['outcome']}{expected}. {case['reason']}"]
    for candidate in case["candidates"]:
        lines.append(f"  {candidate['score']:>5.2f}  {candidate['name']} ({candidate['eiaId'] or 'no EIA id'})")
        lines += [f"    {said['weight']:>+6.2f}  {said['name']:<18}{said['words']}" for said in candidate["evidence"]]
    return lines
