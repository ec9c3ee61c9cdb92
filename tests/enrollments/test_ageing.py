"""What time does: consents run out, devices go silent and come back, transfers stay undecided, programs end."""

import json
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from enrollments import lifecycle, tasks
from enrollments.consents import give_consent
from enrollments.models import Consent, Enrollment, ExpiryNotice, ReviewCase
from partners.models import WebhookMessage
from programs.models import Program
from tests.factories import (
    NOW,
    ProgramFactory,
    active,
    consent_claim,
    enrolled,
    evidence_from,
    listening_partner,
    matched_to,
)
from texture_portal import actors, jobs

DAY = timedelta(days=1)
GRANTED = NOW - DAY  # as the factories have it
BY = actors.system("tests")


def work_off(job, *, now):
    while job(now=now):
        pass


def fresh(enrollment):
    return Enrollment.objects.get(pk=enrollment.pk)


@pytest.fixture
def yearly(db):
    """Enrolled in a program that lets a consent last 365 days."""
    return enrolled(finding=matched_to(ProgramFactory(consent_lasts_days=365).owner))


def told(enrollment):
    return sorted(enrollment.expiry_notices.values_list("days_before", flat=True))


def age(now):
    work_off(tasks.age_consents, now=now)


def test_a_consent_is_announced_30_and_7_days_before_once_each_and_then_expires(yearly):
    runs_out_at = GRANTED + 365 * DAY
    age(runs_out_at - 31 * DAY)
    assert told(yearly) == []
    for _ in range(2):
        age(runs_out_at - 29 * DAY)
        assert told(yearly) == [30]
    for _ in range(2):
        age(runs_out_at - 6 * DAY)
        assert told(yearly) == [7, 30]
    age(runs_out_at - timedelta(minutes=1))
    assert fresh(yearly).state == "enrolled"
    for _ in range(2):
        age(runs_out_at + 2 * DAY)
    after = fresh(yearly)
    assert (after.state, after.state_reason, after.standing().status) == ("eligible", "consent_expired", "expired")
    assert not after.device.participations.filter(left_at=None).exists()
    assert {notice.expires_at for notice in ExpiryNotice.objects.all()} == {runs_out_at}


def test_a_renewed_consent_begins_anew(yearly):
    runs_out_at = GRANTED + 365 * DAY
    age(runs_out_at - 29 * DAY)
    renewed_at = runs_out_at - 20 * DAY
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=yearly.pk)
        give_consent(
            held, consent_claim(granted_at=renewed_at), path=Consent.Path.OEM,
            evidence=evidence_from(held.partner), signed_at=renewed_at, now=renewed_at, by=BY,
        )  # fmt: skip
    age(runs_out_at + 30 * DAY)
    assert (fresh(yearly).state, told(yearly)) == ("enrolled", [30])
    age(renewed_at + 365 * DAY - 7 * DAY)
    assert told(yearly) == [7, 30]


def test_no_consent_ends_unannounced_when_a_program_sets_a_limit_late(db):
    program = ProgramFactory()
    made = enrolled(finding=matched_to(program.owner))
    long_after = NOW + 400 * DAY
    age(long_after)
    assert (fresh(made).state, told(made)) == ("enrolled", [])
    program.consent_lasts_days = 365
    program.save()
    age(long_after)
    assert (fresh(made).state, told(made)) == ("enrolled", [7])
    age(long_after + 6 * DAY)
    assert fresh(made).state == "enrolled"
    age(long_after + 7 * DAY)
    assert fresh(made).state == "eligible"


def test_what_was_announced_for_a_shorter_limit_announces_no_end_by_a_longer_one(yearly):
    runs_out_at = GRANTED + 365 * DAY
    age(runs_out_at - 29 * DAY)
    age(runs_out_at - 6 * DAY)
    program = Program.objects.get()
    program.consent_lasts_days = 730
    program.save()
    runs_out_later_at = GRANTED + 730 * DAY
    for days in (31, 29, 6):
        age(runs_out_later_at - days * DAY)
        assert fresh(yearly).state == "enrolled"
    later = yearly.expiry_notices.filter(expires_at=runs_out_later_at)
    assert sorted(later.values_list("days_before", flat=True)) == [7, 30]
    age(runs_out_later_at)
    assert fresh(yearly).state == "eligible"
    assert yearly.expiry_notices.count() == 4


def test_a_limit_that_is_set_late_announces_the_day_on_which_the_consent_ends(db):
    program = ProgramFactory()
    made = enrolled(partner=listening_partner(), finding=matched_to(program.owner))
    program.consent_lasts_days = 365
    program.save()
    told_at = NOW + 400 * DAY
    age(told_at)
    [body] = WebhookMessage.objects.filter(subject=made.pk, type="consent.expiring").values_list("body", flat=True)
    announced_at = datetime.fromisoformat(json.loads(body)["data"]["expiresAt"])
    assert announced_at == told_at + 7 * DAY
    age(announced_at - timedelta(minutes=1))
    assert fresh(made).state == "enrolled"
    age(announced_at)
    assert fresh(made).state == "eligible"


def test_a_consent_that_is_too_old_joins_no_program_with_a_limit(db):
    program = ProgramFactory(consent_lasts_days=30)
    made = enrolled(finding=matched_to(program.owner), consent=consent_claim(granted_at=NOW - 40 * DAY))
    assert made.state == "opted_in"


def silent_since(device, at):
    device.last_reading_at = at
    device.save(update_fields=["last_reading_at"])


def test_a_device_that_is_silent_for_over_72_hours_is_suspended_and_comes_back_when_it_reports(db):
    made = active()
    heard_at = made.device.last_reading_at
    work_off(tasks.follow_connectivity, now=heard_at + timedelta(hours=72))
    assert fresh(made).state == "active"
    for _ in range(2):
        work_off(tasks.follow_connectivity, now=heard_at + timedelta(hours=72, minutes=1))
        assert (fresh(made).state, fresh(made).state_reason) == ("suspended", "connectivity_lost")
    back_at = heard_at + timedelta(hours=80)
    silent_since(made.device, back_at)
    for _ in range(2):
        work_off(tasks.follow_connectivity, now=back_at + timedelta(minutes=5))
        assert fresh(made).state == "active"


def test_what_staff_suspended_does_not_come_back_by_reporting(db):
    made = active()
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=made.pk)
        lifecycle.hold_for_compliance(held, reason="odd readings", now=NOW + DAY, by=BY)
    silent_since(made.device, NOW + 2 * DAY)
    work_off(tasks.follow_connectivity, now=NOW + 2 * DAY)
    assert (fresh(made).state, fresh(made).state_reason) == ("suspended", "compliance")


def test_a_restoration_counts_as_a_sign_of_life_until_it_is_too_old_itself(db):
    made = active()
    restored_at = made.device.last_reading_at + timedelta(hours=70)
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=made.pk)
        lifecycle.report_connectivity_restored(held, restored_at=restored_at, now=restored_at, by=BY)
    work_off(tasks.follow_connectivity, now=restored_at + timedelta(hours=71))
    assert fresh(made).state == "active"
    work_off(tasks.follow_connectivity, now=restored_at + timedelta(hours=73))
    assert fresh(made).state == "suspended"


def test_the_first_reading_makes_an_enrolled_device_active(db):
    made = enrolled()
    silent_since(made.device, NOW + timedelta(minutes=7))
    work_off(tasks.follow_connectivity, now=NOW + timedelta(minutes=10))
    assert fresh(made).state == "active"


@pytest.mark.parametrize("state", ["active", "opted_out"])
def test_a_transfer_that_nobody_decides_in_24_hours_ends_the_enrollment(db, state):
    made = active()
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=made.pk)
        if state == "opted_out":
            lifecycle.revoke_consent(held, revoked_at=NOW, source="device_app", now=NOW, by=BY)
        lifecycle.report_ownership_transfer(held, transferred_at=NOW, now=NOW, by=BY)
    work_off(tasks.end_undecided_transfers, now=NOW + timedelta(hours=23, minutes=59))
    assert fresh(made).state == {"active": "pending_verification"}.get(state, state)
    for _ in range(2):
        work_off(tasks.end_undecided_transfers, now=NOW + timedelta(hours=24))
        assert (fresh(made).state, fresh(made).state_reason) == ("revoked", "ownership_transferred")
    assert not ReviewCase.objects.filter(decided_at=None).exists()


def test_programs_that_end_are_left_and_programs_that_begin_are_joined(db):
    ends = ProgramFactory(name="Ends", ends_on=(NOW + 5 * DAY).date())
    ProgramFactory(name="Begins", owner=ends.owner, starts_on=(NOW + 10 * DAY).date())
    made = enrolled(finding=matched_to(ends.owner))

    def after(now):
        for each in (now, now + timedelta(minutes=3)):
            work_off(tasks.advance_waiting, now=each)
        live = made.device.participations.filter(left_at=None)
        return fresh(made).state, list(live.values_list("program__name", flat=True))

    assert after(NOW + DAY) == ("enrolled", ["Ends"])
    for _ in range(2):
        assert after(NOW + 7 * DAY) == ("opted_in", [])
    for _ in range(2):
        assert after(NOW + 11 * DAY) == ("enrolled", ["Begins"])
    assert Program.objects.filter(settled_at=None).count() == 0


def test_every_job_of_this_kind_is_scheduled():
    for kind in ("events", "revocations", "transfers", "connectivity", "consent_age"):
        assert jobs.schedules.job(kind)
