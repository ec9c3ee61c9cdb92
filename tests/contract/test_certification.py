"""What a partner's own requests show when it is certified: retries, events, consents (§11)."""

from collections.abc import Callable
from typing import Any

import pytest

from devices.certification import reports, runs
from enrollments.certification.work import suites
from partners import certificates
from partners.models import Partner
from texture_portal import actors, clock

from .client import Client
from .payloads import ago, consent, enrollment

BY = actors.system("tests", channel=actors.Channel.COMMAND)
OWN = {"idempotent-enrollment", "event-retries", "consent-fields", "revocations-honoured"}


def told(client: Client) -> tuple[dict[str, str], reports.Report]:
    """Of the requirements about its own requests: it has no cloud, so that no other applies."""
    partner = Partner.objects.get(pk=client.partner_id)
    run = runs.ask_for(partner, suites=suites(), now=clock.now(), by=BY)
    while runs.work_on(run, suites(), now=clock.now()):
        pass
    run.refresh_from_db()
    report = reports.report_of(run)
    outcomes = {line.result.requirement: line.outcome for line in report.lines}
    assert {outcome for name, outcome in outcomes.items() if name not in OWN} == {"not_applicable"}
    return {name: outcomes[name] for name in OWN}, report


def test_a_partner_that_did_nothing_is_not_clean(lone_oem: Client) -> None:
    outcomes, report = told(lone_oem)
    assert set(outcomes.values()) == {"not_applicable"}
    assert not report.is_clean


def test_retries_and_whole_consents_are_seen(lone_oem: Client) -> None:
    body = enrollment()
    first, again = (lone_oem.enroll(body, key="order-17") for _ in range(2))
    assert (first.status, again.status, again.replayed) == (201, 201, True)
    event = {
        "id": "evt-1", "type": "device.connectivity_lost", "occurredAt": ago(minutes=5),
        "manufacturerDeviceId": body["device"]["manufacturerDeviceId"], "data": {"lastSeenAt": ago(hours=80)},
    }  # fmt: skip
    assert [lone_oem.post("/v1/events", event).status for _ in range(2)] == [202, 200]
    outcomes, report = told(lone_oem)
    passing = dict.fromkeys(OWN - {"revocations-honoured"}, "pass")
    assert outcomes == {**passing, "revocations-honoured": "not_applicable"}
    assert report.is_clean


def _no_retry(client: Client) -> None:
    client.enrolled(enrollment())


def _reused_key(client: Client) -> None:
    body = enrollment()
    for _ in range(2):
        client.enroll(body, key="one")
    assert client.enroll(enrollment(), key="one").code == "idempotency_key_reused"


def _no_evidence(client: Client) -> None:
    body = enrollment(consent={name: value for name, value in consent().items() if name != "evidence"})
    for _ in range(2):
        client.enroll(body, key="one")


def _stale(client: Client) -> None:
    body = enrollment()
    for _ in range(2):
        client.enroll(body, key="one")
    assert client.enroll(enrollment(consent=consent(grantedAt=ago(days=91)))).code == "consent_stale"


@pytest.mark.parametrize(
    ("does", "fails"),
    [
        (_no_retry, {"idempotent-enrollment", "event-retries"}),
        (_reused_key, {"idempotent-enrollment", "event-retries"}),
        (_no_evidence, {"consent-fields", "event-retries"}),
        (_stale, {"consent-fields", "event-retries"}),
    ],
)
def test_what_a_partner_gets_wrong_fails_what_it_should(
    lone_oem: Client, does: Callable[[Client], None], fails: set[str]
) -> None:
    does(lone_oem)
    outcomes, report = told(lone_oem)
    failed = {name for name, outcome in outcomes.items() if outcome == "fail"}
    assert failed == fails, [line.result.said for line in report.lines]
    assert not report.is_clean


def test_a_tpdo_enrolls_devices_of_certified_makers_alone_where_it_is_required(
    new_partner: Callable[..., Client], settings: Any
) -> None:
    """It calls as soon as one maker is certified; another maker's devices are refused until theirs are, too."""
    client = new_partner("--manufacturer", "Acme Energy", "--manufacturer", "Volta")
    partner = Partner.objects.get(pk=client.partner_id)
    partner.kind = Partner.Kind.TPDO
    partner.save()
    settings.REQUIRE_CERTIFICATION = True
    acme, volta = enrollment(), enrollment()
    volta["device"]["manufacturer"] = "Volta"
    assert client.enroll(acme).code == "partner_not_certified"
    given = {"requirements": "1.1", "report": {}, "by": BY, "reason": "a clean run"}
    certificates.issue(partner, maker="ACME  energy", now=clock.now(), **given)
    assert client.enroll(acme).status == 201
    assert client.enroll(volta).code == "partner_not_certified"
    certificates.issue(partner, maker="Volta", now=clock.now(), **given)
    assert client.enroll(volta).status == 201
