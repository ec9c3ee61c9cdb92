"""`manage.py doctor`: exit status 0 where nothing is wrong (warnings may be), 1 where something is."""

import dataclasses
import json
import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from texture_portal.doctor import examine
from texture_portal.doctor.finding import Finding, Verdict


class Command(BaseCommand):
    help = "Looks at this machine, its settings, the database, the keys and the work, and says what is wrong."
    requires_system_checks = []  # it runs them itself, and tells of them with the rest

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="a line of JSON for each finding")

    def handle(self, *, json: bool, **options: Any) -> None:
        counts: Counter[Verdict] = Counter()
        for finding in examine():
            counts[finding.verdict] += 1
            self.stdout.write(_as_json(finding) if json else _as_text(finding))
        if not json:
            self.stdout.write(f"{counts[Verdict.FAULT]} faults, {counts[Verdict.WARNING]} warnings.")
        if counts[Verdict.FAULT]:
            sys.exit(1)


def _as_text(finding: Finding) -> str:
    remedy = f"\n{'':9}Remedy: {finding.remedy}" if finding.remedy else ""
    return f"{finding.verdict:8} {finding.about}: {finding.said}{remedy}"


def _as_json(finding: Finding) -> str:
    return json.dumps(dataclasses.asdict(finding))
