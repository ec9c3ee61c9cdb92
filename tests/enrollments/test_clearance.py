"""What may be done with a device, in each state of its enrollment; and those who obey it."""

import importlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from devices.clearance import NOTHING, Clearance
from devices.connectors.native import messages
from devices.models import Device, DiscoveredDevice, Reading
from devices.polling.known import known_of, link_enrolled
from devices.telemetry.taking import Observed, take
from enrollments import ageing, lifecycle
from enrollments.consents import give_consent
from enrollments.models import Enrollment
from tests.factories import (
    NOW,
    PartnerFactory,
    ProgramFactory,
    UtilityFactory,
    active,
    ambiguous,
    consent_claim,
    device_claim,
    enrolled,
    evidence_from,
    matched_to,
    unlocated,
)  # fmt: skip
from tests.polling.conftest import cloud_of
from texture_portal import actors
from texture_portal.clock import to_wire

TESTS = actors.system("tests")
LATER = NOW + timedelta(hours=1)
DEMAND_RESPONSE = ("demand_response",)
READ = Clearance(may_read=True, program_types=DEMAND_RESPONSE)
READ_AND_CONTROLLED = Clearance(may_read=True, may_control=True, program_types=DEMAND_RESPONSE)
pytestmark = pytest.mark.django_db


def moved(verb, made=None, **options):
    with transaction.atomic():
        enrollment = Enrollment.objects.locked().get(pk=(made or active()).pk)
        verb(enrollment, now=LATER, by=TESTS, **options)
    return enrollment


def opted_out():
    return moved(lifecycle.revoke_consent, revoked_at=LATER, source="device_app")


def opted_in_anew():
    made = opted_out()
    with transaction.atomic():
        enrollment = Enrollment.objects.locked().get(pk=made.pk)
        give_consent(
            enrollment, consent_claim(granted_at=LATER + timedelta(minutes=1)), path="oem",
            evidence=evidence_from(made.partner), signed_at=LATER + timedelta(minutes=2),
            now=LATER + timedelta(minutes=2), by=TESTS,
        )  # fmt: skip
    return enrollment


def enrolled_again():
    """After a decommissioning, by the same partner under the same id: its row is there already."""
    partner = PartnerFactory()
    claim = device_claim()
    moved(lifecycle.revoke, enrolled(partner=partner, device=claim), reason="decommissioned")
    return enrolled(partner=partner, device=claim)


CASES = {
    "discovered, waiting for a geocoder": (lambda: enrolled(finding=unlocated()), "discovered", READ),
    "waiting for staff": (ambiguous, "pending_verification", READ),
    "without a consent": (lambda: enrolled(consent=None), "eligible", NOTHING),
    "no program": (lambda: enrolled(finding=matched_to(UtilityFactory())), "discovered", READ),
    "waiting for its first reading": (enrolled, "enrolled", READ),
    "without telemetry": (lambda: enrolled(device=device_claim(telemetry=False)), "enrolled",
                          Clearance(may_control=True, program_types=DEMAND_RESPONSE)),
    "taking part": (active, "active", READ_AND_CONTROLLED),
    "not controllable": (lambda: enrolled(device=device_claim(controllable=False, commands=())), "enrolled", READ),
    "suspended, for connectivity": (
        lambda: moved(lifecycle.report_connectivity_lost, last_seen_at=LATER), "suspended", READ),
    "suspended, for compliance": (
        lambda: moved(lifecycle.hold_for_compliance, reason="odd readings"), "suspended", READ),
    "ownership in question": (
        lambda: moved(lifecycle.report_ownership_transfer, transferred_at=LATER), "pending_verification", READ),
    "relocated": (lambda: moved(lifecycle.advance, moved(lifecycle.relocate)), "active", READ_AND_CONTROLLED),
    "consent expired": (
        lambda: moved(lifecycle.expire_consent, expired_at=LATER, path="oem"), "eligible", NOTHING),
    "opted out": (opted_out, "opted_out", NOTHING),
    "opted in anew": (opted_in_anew, "enrolled", READ),
    "decommissioned": (lambda: moved(lifecycle.revoke, reason="decommissioned"), "revoked", NOTHING),
    "enrolled again": (enrolled_again, "enrolled", READ),
}  # fmt: skip


@pytest.fixture(params=CASES, ids=lambda name: name.replace(" ", "-"))
def case(request):
    make, state, clearance = CASES[request.param]
    made = make()
    assert made.state == state
    return made, clearance


def cleared(enrollment):
    return Device.objects.get(pk=enrollment.device_id).clearance


def listed_by_a_cloud(device):
    cloud = cloud_of(device.partner, "http://127.0.0.1:9")
    grant = cloud.connections.get()
    poll = grant.polls.create(cloud=cloud, kind="bulk", key="k")
    return DiscoveredDevice.objects.create(
        connection=grant, manufacturer_device_id=device.manufacturer_device_id, type=device.type, entry=0, poll=poll,
        first_listed_at=NOW, last_listed_at=NOW,
    )  # fmt: skip


def is_polled(listed, *, now=LATER):
    link_enrolled(now=now)
    listed.poll.refresh_from_db()
    asked = [each.id for each in known_of([listed.poll], now=now)[listed.poll_id]]
    assert bool(asked) == (listed.poll.due_at is not None)
    return bool(asked)


def test_readings_are_taken_from_devices_that_may_be_read(case):
    made, clearance = case
    assert cleared(made) == clearance
    taken = take(made.partner, [Observed(made.device.manufacturer_device_id, LATER, {"charge": 1})], now=LATER)
    if clearance.may_read:
        assert (taken.accepted, taken.rejected) == (1, [])
    else:
        assert [each.code for each in taken.rejected] == ["not_allowed"]
        assert not Reading.objects.exists()


def test_a_cloud_is_asked_about_devices_that_may_be_read(case):
    made, clearance = case
    assert is_polled(listed_by_a_cloud(made.device)) == clearance.may_read


def test_what_the_migration_clears_is_what_the_lifecycle_does(case):
    made, clearance = case
    awaited_since = Device.objects.get(pk=made.device_id).awaited_since
    assert (awaited_since is not None) == awaits_a_sign(made)
    Device.objects.update(may_read=False, may_control=False, cleared_types=[], awaited_since=None)
    clear_by_migration()
    assert cleared(made) == clearance
    assert Device.objects.get(pk=made.device_id).awaited_since == awaited_since


def awaits_a_sign(enrollment):
    return enrollment.state == "enrolled" or (enrollment.state, enrollment.state_reason) == (
        "suspended",
        "connectivity_lost",
    )


def clear_by_migration():
    with connection.cursor() as cursor:
        for name in ("0015_clearances", "0017_first_commands"):
            cursor.execute(importlib.import_module(f"enrollments.migrations.{name}").CLEAR)
        cursor.execute(importlib.import_module("enrollments.migrations.0018_awaited_devices").AWAIT)


def test_a_stream_obeys_too_and_says_why():
    made = opted_out()
    reading = {"observedAt": to_wire(LATER), "state": {}}
    topic = f"portal/v1/{made.partner_id}/devices/{made.device.manufacturer_device_id}/telemetry"
    assert messages.take([messages.Message(topic, str(reading).replace("'", '"').encode())], now=LATER) == 0


def test_polling_ends_and_begins_with_the_consent():
    made = active()
    listed = listed_by_a_cloud(made.device)
    assert is_polled(listed)
    moved(lifecycle.revoke_consent, made, revoked_at=LATER, source="device_app")
    assert not known_of([listed.poll], now=LATER)


def with_a_limit(days=90, granted_at=NOW - timedelta(days=1)):
    program = ProgramFactory(consent_lasts_days=days)
    return enrolled(finding=matched_to(program.owner), consent=consent_claim(granted_at=granted_at))


def test_a_consent_that_runs_out_is_obeyed_before_a_job_has_seen_it():
    made = with_a_limit()
    until = NOW + timedelta(days=89)
    assert cleared(made).until == until
    listed = listed_by_a_cloud(made.device)
    for now, may_read in ((until - timedelta(minutes=1), True), (until, False)):
        taken = take(made.partner, [Observed(made.device.manufacturer_device_id, now, {})], now=now)
        assert taken.accepted == may_read
        link_enrolled(now=now)
        assert bool(known_of([listed.poll], now=now)) == may_read


def test_a_consent_never_ends_before_its_partner_was_told():
    made = with_a_limit(granted_at=NOW - timedelta(days=88))  # two days are left, and nobody was told
    assert cleared(made).until == NOW + timedelta(days=7)
    told_at = NOW + timedelta(hours=1)
    while ageing.announce(now=told_at):
        pass
    assert cleared(made).until == told_at + timedelta(days=7)
    Device.objects.update(may_read=False, may_control=False, cleared_types=[], cleared_until=None)
    clear_by_migration()
    assert cleared(made).until == told_at + timedelta(days=7)


@pytest.mark.parametrize(
    "promise",
    ["may_read = true, telemetry = false", "may_control = true, controllable = false", "cleared_types = '{}'"],
)
def test_raw_sql_clears_nothing_that_may_not_be(promise):
    made = active()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE devices_device SET {promise} WHERE id = %s", [made.device_id])


def writes(make):
    """The statements by which rows were written."""
    with CaptureQueriesContext(connection) as asked:
        made = make()
    said = [each["sql"].lstrip() for each in asked.captured_queries]
    return made, [sql for sql in said if sql.startswith(("UPDATE", "INSERT", "WITH part"))]


def test_a_device_is_cleared_by_the_statement_that_writes_its_enrollment():
    partner, claim, program = PartnerFactory(), device_claim(), ProgramFactory()
    given = {"partner": partner, "device": claim, "finding": matched_to(program.owner)}
    evidence_from(partner)  # its key is there
    made, said = writes(lambda: enrolled(**given))
    assert cleared(made) == READ
    assert len([sql for sql in said if "devices_device" in sql]) == 1
    moved(lifecycle.revoke, made, reason="decommissioned")
    again, said = writes(lambda: enrolled(**given))
    assert cleared(again) == READ
    assert len([sql for sql in said if "devices_device" in sql]) == 1
