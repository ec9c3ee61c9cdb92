"""The simulated OEM certifies clean; and each of its faults, switched on, fails exactly the checks that it should."""

from dataclasses import replace

import pytest

from devices.certification.suite import of_clouds
from devices.models import CheckResult
from partners.sandbox.faults import IN_HANDSHAKES, KINDS

from .concerned import categories_of, that_call
from .conftest import QUICK, failed, outcomes, tried

# A battery that holds its charge is left out, as dispatch leaves it out. What the portal takes of pushes is the stream:
# the others are of webhooks, which it does not subscribe to.
FAIL_NOTHING = ("storm", "duplicate_pushes", "late_pushes", "lost_pushes")
# With the categories of the calls in which it can be met; none: it could be met anywhere.
TELEMETRY, CONTROL, ANYWHERE = ("telemetry",), ("control",), ()
FAULTS = [
    ("too_many_requests", {"category": "telemetry", "count": 1, "retry_after": 1}, TELEMETRY, {"rate-limits-observed"}),
    ("server_error", {"category": "telemetry", "count": 2}, TELEMETRY, {"availability"}),
    ("unavailable", {"category": "telemetry", "count": 2, "retry_after": 0}, TELEMETRY, {"availability"}),
    ("hang_up", {"category": "telemetry", "count": 4}, TELEMETRY, {"availability"}),
    ("malformed_json", {"category": "telemetry", "count": 2}, TELEMETRY, {"well-formed"}),
    ("stale", {}, TELEMETRY, {"telemetry-freshness"}),
    ("offline", {"ago": 1200}, TELEMETRY, {"telemetry-freshness"}),
    ("clock_skew", {}, ("telemetry", "historical"), {"telemetry-times"}),
    ("command_fails", {}, CONTROL, {"command-completion"}),
    ("command_stuck", {}, CONTROL, {"command-completion", "command-status"}),
    ("lost_tokens", {}, ANYWHERE, {"tokens-hold"}),
    ("lost_tokens", {"refresh": 1}, ANYWHERE, {"tokens-hold", "token-refresh"}),
    ("id_churn", {"share": 0.5}, ANYWHERE, {"stable-ids"}),
]
# It enrolls nothing: it is a cloud, and no client of ours.
NOT_OF_IT = {"idempotent-enrollment", "event-retries", "consent-fields", "revocations-honoured"}
WITH_A_TEST_OF_THEIR_OWN = {"vanished", "latency", *IN_HANDSHAKES, *FAIL_NOTHING}


def test_the_simulated_oem_certifies_clean(cloud, second_secret):
    report = tried(cloud, secret=second_secret)
    assert {line.result.requirement: line.result.said for line in report.lines if line.outcome == "fail"} == {}
    assert report.is_clean
    assert {name for name, outcome in outcomes(report).items() if outcome == "not_applicable"} == NOT_OF_IT
    _no_check_made_calls_of_which_nobody_knew()


def _no_check_made_calls_of_which_nobody_knew():
    notes = dict(CheckResult.objects.values_list("requirement", "notes"))
    for requirement in of_clouds().requirements:
        called = {category for _, category, _, _ in notes[requirement.name]["calls"]}
        assert called <= categories_of(requirement), requirement.name


@pytest.mark.parametrize(("kind", "options", "met_in", "fails"), FAULTS)
def test_a_fault_fails_exactly_what_it_should(oem, cloud, second_secret, kind, options, met_in, fails):
    oem.fault(kind, **options)
    pace = replace(QUICK, command_within=1.0) if kind == "command_stuck" else QUICK  # nothing is waited for in vain
    report = tried(cloud, secret=second_secret, of=that_call(*met_in) if met_in else None, pace=pace)
    assert failed(report) == fails, {line.result.requirement: line.result.said for line in report.lines}
    assert report.is_clean is not bool(fails)


def test_what_is_no_fault_of_its_answers_fails_nothing(oem, cloud, second_secret):
    for kind in FAIL_NOTHING:
        oem.fault(kind)
    report = tried(cloud, secret=second_secret)
    assert failed(report) == set()
    [line] = [each for each in report.lines if each.result.requirement == "command-acknowledgement"]
    assert "battery" not in line.result.said


def test_a_device_that_vanishes_is_missed(oem, cloud, second_secret):
    serial = oem.device("charger")["serial_number"]
    oem.fault("vanished", device=serial)
    report = tried(cloud, secret=second_secret)
    assert failed(report) == {"complete-listing"}
    [line] = [each for each in report.lines if each.result.requirement == "complete-listing"]
    assert line.result.evidence["missing"] == [serial]


def test_the_table_has_every_fault():
    assert {kind for kind, *_ in FAULTS} | WITH_A_TEST_OF_THEIR_OWN == set(KINDS)
