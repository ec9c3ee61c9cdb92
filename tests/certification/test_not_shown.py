"""What is not shown is not met: commands that no device takes at present, a list without an end, a portal that breaks
off."""

import time
from datetime import timedelta

import pytest

from devices.certification import certifying, reports, runs
from devices.certification.asking import StepError
from devices.certification.requirement import Requirement, Said, Vocabulary
from devices.certification.suite import Assignment, of_clouds
from devices.certification.trying import Suite
from devices.certification.verdict import Verdict
from devices.connectors.pull.errands import Outcome
from devices.models import CheckResult
from enrollments.certification import work
from enrollments.certification.suite import of_records
from tests.factories import NOW, PartnerFactory
from texture_portal import clock
from texture_portal.refusals import Refusal

from .concerned import that_call
from .conftest import BY, asked_for, outcomes, tried

COMMANDS = {"command-acknowledgement", "command-completion", "command-status", "latency-control"}


def test_a_cloud_of_which_no_device_takes_a_command_is_not_clean(oem, cloud, second_secret):
    """Batteries that hold their charge for a storm take none, and there are no others."""
    worded = cloud.document["control"]["commands"]
    cloud.document["control"]["commands"] = {slug: worded[slug] for slug in worded if slug.startswith("battery:")}
    cloud.save()
    oem.fault("storm")
    report = tried(cloud, secret=second_secret, of=that_call("control"))
    found = outcomes(report)
    assert {name for name, outcome in found.items() if outcome == "not_tried"} == COMMANDS
    assert (report.is_clean, set(report.failed) >= COMMANDS) == (False, True)
    with pytest.raises(Refusal, match=r"could not be tried: .*latency-control"):
        certifying.certify(report.run, reason="reviewed", now=clock.now(), by=BY)
    for name in report.failed:
        certifying.waive(report.run, name, reason="it stormed; seen in the field in May", now=clock.now(), by=BY)
    again = reports.report_of(report.run)
    assert (again.is_clean, {outcomes(again)[name] for name in COMMANDS}) == (True, {"waived"})


def test_a_list_without_an_end_is_out_of_time(cloud):
    """Time is over after its first page."""
    desk = of_clouds().desk_of(Assignment(asked_for(cloud), clock.now()), [])
    ask = desk.ask_of(desk.document.discovery[0].call, {})

    def list_of_pages():
        yield ask
        desk.asker.until = time.monotonic() - 1
        for _ in range(3):
            yield ask
        return Outcome()

    with pytest.raises(StepError) as wrong:
        desk.asker.walk(list_of_pages())
    assert (wrong.value.code, len(desk.calls)) == ("out_of_time", 1)


def test_what_breaks_off_is_tried_twice_and_holds_nobody_else_up(transactional_db, monkeypatch):
    odd, plain = PartnerFactory(), PartnerFactory()
    suite = _breaking_off_for(odd)
    monkeypatch.setattr(work, "suites", lambda: [suite])
    runs.ask_for(odd, suites=[suite], now=NOW - timedelta(minutes=1), by=BY)
    runs.ask_for(plain, suites=[suite], now=NOW, by=BY)
    for attempt in range(runs.MOST_ATTEMPTS):
        now = NOW + attempt * runs.LEASE
        with pytest.raises(ZeroDivisionError):
            work.work_off(now=now)
        work.work_off(now=now)  # the other's turn, though it asked later
    assert list(CheckResult.objects.values_list("run__partner", "outcome")) == [(plain.pk, "pass")]
    assert plain.certification_runs.get().status == "done"
    work.work_off(now=NOW + runs.MOST_ATTEMPTS * runs.LEASE)
    [result] = CheckResult.objects.filter(run__partner=odd)
    assert (result.outcome, result.evidence) == ("fail", {"code": "could_not_be_tried"})
    work.work_off(now=NOW + runs.MOST_ATTEMPTS * runs.LEASE)
    report = reports.report_of(odd.certification_runs.get())
    assert (report.run.status, report.is_clean) == ("done", False)


def _breaking_off_for(partner):
    """One requirement, with a fault of the portal's own in it."""

    def divide(desk):
        _ = 1 / (desk.partner != partner)

    def holds(facts):
        return Verdict(True, "It holds.")

    words = Vocabulary(applies={}, steps={"divide": divide}, criteria={"holds": holds})
    only = Requirement("odd", "Odd", "1", (), (Said("divide"),), (Said("holds"),), "Mend it.")
    return Suite("records", (only,), words, of_records().desk_of)
