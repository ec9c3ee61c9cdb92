"""From a run to the door: reports, waivers, certificates, and the command that does it all."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from devices.certification import certifying, reports, runs
from devices.models import CertificationRun, CheckResult
from enrollments.certification.work import suites
from partners.models import Certificate
from texture_portal import clock
from texture_portal.refusals import Refusal

from .concerned import named
from .conftest import BY, asked_for, cloud_of, failed, outcomes, tried


def certify(partner, **options) -> str:
    out = io.StringIO()
    call_command("certify", partner.name, stdout=out, **options)
    return out.getvalue()


def test_a_clean_run_ends_in_a_certificate(oem, cloud, second_secret, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{second_secret}\n"))
    told = certify(cloud.partner, second_secret_stdin=True)
    [certificate] = Certificate.objects.in_force(now=clock.now())
    assert f"Certificate version 1, good until {certificate.expires_at:%Y-%m-%d}." in told
    assert certificate.report["isClean"] is True
    assert certificate.report["counts"] == {"pass": len(certificate.report["results"]) - 4, "not_applicable": 4}
    assert second_secret not in json.dumps(certificate.report) + told
    run = CertificationRun.objects.get()
    assert (run.status, run.sealed_second_secret, run.certificate) == ("done", None, certificate)


def test_what_failed_is_told_and_certifies_nobody(cloud, monkeypatch):
    """Nobody gave a second secret, so that nothing shows that secrets rotate."""
    out = io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("certify", cloud.partner.name, "--json", stdout=out)
    assert left.value.code == 1
    report = json.loads(out.getvalue())
    [line] = [each for each in report["results"] if each["outcome"] == "fail"]
    assert (line["requirement"], line["section"], line["evidence"]) == (
        "key-rotation",
        "9",
        {"code": "no_second_secret"},
    )
    assert "second" in line["remedy"]
    assert not Certificate.objects.exists()


def test_a_waiver_says_who_and_why_and_the_certificate_keeps_it(cloud):
    report = tried(cloud, of=named("listed", "key-rotation"))
    assert failed(report) == {"key-rotation"}
    with pytest.raises(Refusal, match="key-rotation"):
        certifying.certify(report.run, reason="reviewed", now=clock.now(), by=BY)
    with pytest.raises(Refusal, match="Only a check that failed"):
        certifying.waive(report.run, "listed", reason="no need", now=clock.now(), by=BY)
    waiver = certifying.waive(report.run, "key-rotation", reason="rotated by phone in May", now=clock.now(), by=BY)
    again = reports.report_of(report.run)
    assert (outcomes(again)["key-rotation"], again.is_clean) == ("waived", True)
    certificate = certifying.certify(report.run, reason="reviewed", now=clock.now(), by=BY)
    [line] = [each for each in certificate.report["results"] if each["outcome"] == "waived"]
    assert (line["waiver"]["reason"], line["waiver"]["by"]) == ("rotated by phone in May", "system tests")
    certifying.take_back(waiver, now=clock.now(), by=BY)
    assert outcomes(reports.report_of(report.run))["key-rotation"] == "fail"
    assert Certificate.objects.get().report == certificate.report
    with pytest.raises(Refusal, match="was issued"):
        certifying.certify(report.run, reason="again", now=clock.now(), by=BY)


def test_one_run_at_a_time_and_it_is_said_which_cloud(oem, cloud):
    run = asked_for(cloud)
    with pytest.raises(Refusal, match="under way"):
        asked_for(cloud)
    assert runs.claim(now=clock.now(), run=run).pk == run.pk
    assert runs.claim(now=clock.now()) is None
    cloud_of(oem, cloud.partner, name="Another")
    with pytest.raises(CommandError, match="Say which cloud"):
        certify(cloud.partner)


def test_a_run_whose_worker_died_goes_on_where_it_was(cloud, second_secret):
    run = asked_for(cloud, secret=second_secret)
    first = runs.claim(now=clock.now(), run=run)
    for _ in range(3):
        runs.work_on(first, suites(), now=clock.now())
    later = clock.now() + runs.LEASE
    second = runs.claim(now=later)
    assert second.pk == run.pk
    assert CheckResult.objects.filter(run=run).count() == 3
    runs.work_on(second, suites(), now=clock.now())
    runs.work_on(first, suites(), now=clock.now())
    assert CheckResult.objects.filter(run=run).values("requirement").distinct().count() == 5
