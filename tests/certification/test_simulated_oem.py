"""The simulated OEM certifies clean; and each of its faults, switched on, fails exactly the checks that it should."""

from datetime import timedelta

import pytest

from partners.sandbox.faults import KINDS
from tests.sandbox.running import running_cloud
from texture_portal import clock

from .conftest import GENEROUS, cloud_of, failed, opened, outcomes, tried

# A battery that holds its charge is left out, as dispatch leaves it out. What the portal takes of pushes is the stream:
# the others are of webhooks, which it does not subscribe to.
FAIL_NOTHING = ("storm", "duplicate_pushes", "late_pushes", "lost_pushes")
FAULTS = [
    ("latency", {"ms": 2100, "category": "telemetry", "count": 2}, {"latency-telemetry"}),
    ("too_many_requests", {"category": "telemetry", "count": 1, "retry_after": 1}, {"rate-limits-observed"}),
    ("server_error", {"category": "telemetry", "count": 2}, {"availability"}),
    ("unavailable", {"category": "telemetry", "count": 2, "retry_after": 0}, {"availability"}),
    ("hang_up", {"category": "telemetry", "count": 4}, {"availability"}),
    ("malformed_json", {"category": "telemetry", "count": 2}, {"well-formed"}),
    ("stale", {}, {"telemetry-freshness"}),
    ("clock_skew", {}, {"telemetry-times"}),
    ("command_fails", {}, {"command-completion"}),
    ("command_stuck", {}, {"command-completion", "command-status"}),
    ("lost_tokens", {}, {"tokens-hold"}),
    ("lost_tokens", {"refresh": 1}, {"tokens-hold", "token-refresh"}),
    ("id_churn", {"share": 0.5}, {"stable-ids"}),
]
# It is on this machine, and enrolls nothing: it is a cloud, and no client of ours.
NOT_OF_IT = {"tls", "idempotent-enrollment", "event-retries", "consent-fields", "revocations-honoured"}
WITH_A_TEST_OF_THEIR_OWN = {"vanished", "offline", *FAIL_NOTHING}


def test_the_simulated_oem_certifies_clean(cloud, second_secret):
    report = tried(cloud, secret=second_secret)
    assert {line.result.requirement: line.result.said for line in report.lines if line.outcome == "fail"} == {}
    assert report.is_clean
    assert {name for name, outcome in outcomes(report).items() if outcome == "not_applicable"} == NOT_OF_IT


@pytest.mark.parametrize(("kind", "options", "fails"), FAULTS)
def test_a_fault_fails_exactly_what_it_should(oem, cloud, second_secret, kind, options, fails):
    oem.fault(kind, **options)
    report = tried(cloud, secret=second_secret)
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


def test_a_fleet_that_goes_offline_is_stale_after_a_while(settings, transactional_db):
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    with running_cloud(devices=6, rate_limits=GENEROUS, push_seconds=3600, command_seconds=0.2) as oem:
        cloud = opened(oem, cloud_of(oem))
        oem.fault("offline")
        oem.pass_time(1200)
        secret = oem.control("POST", "secrets", {"client_id": oem.told["client"]["id"]})["client_secret"]
        report = tried(cloud, secret=secret, now=clock.now() + timedelta(minutes=20))
    assert failed(report) == {"telemetry-freshness"}


def test_the_table_has_every_fault():
    assert {kind for kind, _, _ in FAULTS} | WITH_A_TEST_OF_THEIR_OWN == set(KINDS)
