"""`certify PARTNER`: tries a partner against the requirements, and certifies it where nothing failed (§12)."""

import json
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from devices.certification import certifying, reports, runs
from devices.models import CertificationRun, Cloud
from enrollments.certification.work import suites
from partners.models import Partner
from texture_portal import actors, clock
from texture_portal.refusals import Refusal

BY = actors.system("certify", channel=actors.Channel.COMMAND)
WAIT = 0.5  # seconds, while a worker is at the run
MARKS = {"pass": "pass", "fail": "FAIL", "not_tried": "NOT TRIED", "not_applicable": "n/a", reports.WAIVED: "waived"}


class Command(BaseCommand):
    help = "Tries a partner's integration against the requirements, and issues its certificate where nothing failed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner", help="its name or id")
        parser.add_argument("--cloud", help="the name of its cloud, where it has several")
        parser.add_argument("--manufacturer", default="", help="of a TPDO: whose devices; none named: each it brings")
        parser.add_argument(
            "--second-secret-stdin", action="store_true", help="read the secret that is to follow the present one"
        )
        parser.add_argument("--report-only", action="store_true", help="issue no certificate")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        partner = _partner(options["partner"])
        cloud = _cloud(partner, options["cloud"])
        secret = sys.stdin.readline().strip() if options["second_secret_stdin"] else None
        failed = False
        for maker in _makers(partner, options["manufacturer"]):
            try:
                run = runs.ask_for(
                    partner, suites=suites(), cloud=cloud, maker=maker, second_secret=secret, now=clock.now(), by=BY
                )
            except Refusal as refusal:
                raise CommandError(refusal.detail) from None
            report = self._work_off(run, is_quiet=options["json"])
            failed = failed or not report.is_clean
            self._tell(report, **options)
        if failed:
            raise SystemExit(1)

    def _work_off(self, run: CertificationRun, *, is_quiet: bool) -> reports.Report:
        """Here, or by a worker that came first."""
        told: set[str] = set()
        while run.status != CertificationRun.Status.DONE:
            claimed = runs.claim(now=clock.now(), run=run)
            if claimed is not None:
                runs.work_on(claimed, suites(), now=clock.now())
                runs.let_go(claimed)
            else:
                time.sleep(WAIT)
            run = CertificationRun.objects.select_related("partner", "cloud").get(pk=run.pk)
            for each in [] if is_quiet else run.results.exclude(requirement__in=told):
                told.add(each.requirement)
                self.stdout.write(f"[{len(told)}/{run.total}] §{each.section} {each.title}: {MARKS[each.outcome]}")
        return reports.report_of(run)

    def _tell(self, report: reports.Report, **options: Any) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(reports.as_json(report), indent=2))
        else:
            for line in report.lines:
                if line.outcome in (*reports.IN_THE_WAY, reports.WAIVED):
                    why = f" Waived: {line.waiver.reason}" if line.waiver else f" Remedy: {line.result.remedy}"
                    self.stdout.write(f"{MARKS[line.outcome]} {line.result.requirement}: {line.result.said}{why}")
            counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in report.counts().items())
            self.stdout.write(f"{report.run}: {counts}.")
        if report.is_clean and not options["report_only"]:
            made = certifying.certify(report.run, reason="a clean run", now=clock.now(), by=BY)
            if not options["json"]:
                self.stdout.write(f"Certificate version {made.version}, good until {made.expires_at:%Y-%m-%d}.")


def _partner(given: str) -> Partner:
    found = Partner.objects.filter(name__iexact=given).first() or Partner.objects.filter(id__iexact=given).first()
    if found is None:
        raise CommandError(f"There is no partner {given!r}. Remedy: give its name or id as the admin shows it.")
    return found


def _cloud(partner: Partner, name: str | None) -> Cloud | None:
    if name is None:
        return None
    found = partner.clouds.filter(name__iexact=name).first()
    if found is None:
        there = ", ".join(partner.clouds.values_list("name", flat=True)) or "none"
        raise CommandError(f"The partner has no cloud {name!r}; it has {there}.")
    return found


def _makers(partner: Partner, given: str) -> list[str]:
    """Of a TPDO, each; of an OEM, one run over all that it makes."""
    if given or partner.kind != Partner.Kind.TPDO:
        return [given]
    if not partner.manufacturers:
        raise CommandError("A TPDO is certified for each manufacturer it brings. Remedy: name one by --manufacturer.")
    return list(partner.manufacturers)
