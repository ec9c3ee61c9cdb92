"""How far the facts of an enrollment carry it (contract §3, the outcomes)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from enrollments import duplicates, lifecycle, matching
from enrollments.actions import required_actions
from enrollments.claims import EligibilityClaim
from enrollments.consents import give_consent
from enrollments.models import Enrollment
from enrollments.overview import overview
from enrollments.waiting import fill_freed_places, settle_programs
from partners.models import Partner, SigningKey
from programs.models import Participation, Program
from tests.enrollments.conftest import BY, NOW, consent_claim, device_claim, evidence_of, finding, make_program
from texture_portal.refusals import Refusal


def settle(*, at):
    while settle_programs(now=at, by=BY):
        pass


def codes(enrollment):
    shown = overview(Enrollment.objects.shown().get(pk=enrollment.pk))
    return [action.code for action in required_actions(shown)]


def test_matched_with_consent_and_program_is_enrolled(enroll, utility, program):
    enrollment = enroll(finding(utility), consent=consent_claim())
    assert enrollment.state == "enrolled"
    assert Participation.objects.live().get(device=enrollment.device).program == program
    assert codes(enrollment) == ["report_telemetry"]


def test_matched_without_consent_is_eligible(enroll, utility, program):
    enrollment = enroll(finding(utility))
    assert enrollment.state == "eligible"
    assert codes(enrollment) == ["provide_consent"]


def test_consent_whose_scope_covers_no_program_is_opted_in(enroll, utility, program):
    enrollment = enroll(finding(utility), consent=consent_claim(program_types=("capacity",)))
    assert enrollment.state == "opted_in"
    assert codes(enrollment) == ["await_program"]


def test_a_program_that_lacks_a_command_of_the_device_is_partial(enroll, utility):
    make_program(utility, required_commands=["battery:set-power"])
    enrollment = enroll(finding(utility), consent=consent_claim())
    assert (enrollment.state, enrollment.match_outcome) == ("discovered", "partial")


def test_a_device_that_cannot_be_controlled_has_no_commands_to_offer(enroll, utility):
    make_program(utility, required_commands=["battery:set-reserve"])
    enrollment = enroll(finding(utility), consent=consent_claim(), device=device_claim(controllable=False))
    assert enrollment.match_outcome == "partial"


def test_a_full_program_leaves_it_opted_in(enroll, utility):
    make_program(utility, max_enrollments=1)
    first, second = (enroll(finding(utility), consent=consent_claim()) for _ in range(2))
    assert (first.state, second.state) == ("enrolled", "opted_in")


def test_a_place_that_becomes_free_is_taken_by_who_waits(enroll, utility):
    program = make_program(utility, max_enrollments=1)
    first, second = (enroll(finding(utility), consent=consent_claim()) for _ in range(2))
    first = Enrollment.objects.locked().get(pk=first.pk)
    lifecycle.revoke(first, reason="decommissioned", now=NOW, by=BY)
    while fill_freed_places(now=NOW + timedelta(minutes=1), by=BY):
        pass
    assert Enrollment.objects.get(pk=second.pk).state == "enrolled"
    assert program.live_count() == 1


def test_a_program_that_wants_a_verified_account_waits_for_staff(enroll, utility):
    make_program(utility, wants_verified_account=True)
    claimed = EligibilityClaim(account_verified=True)
    enrollment = enroll(finding(utility), consent=consent_claim(), eligibility=claimed, account="55")
    assert (enrollment.state, enrollment.state_reason) == ("pending_verification", "utility_account_unverified")
    assert enrollment.open_case().kind == "verification"
    assert codes(enrollment) == ["verify_utility_account"]


def test_of_an_exclusive_group_only_one_program_is_joined(enroll, utility):
    for name in ("A", "B"):
        make_program(utility, name=name, exclusive_group="peak")
    enrollment = enroll(finding(utility), consent=consent_claim())
    assert Participation.objects.live().filter(device=enrollment.device).count() == 1


def test_programs_named_by_the_partner_narrow_the_choice(enroll, utility, program):
    other = make_program(utility, name="Other")
    enrollment = enroll(finding(utility), consent=consent_claim(), eligibility=EligibilityClaim((other.pk,)))
    assert Participation.objects.live().get(device=enrollment.device).program == other


def test_partial_moves_on_by_itself_when_a_program_appears(enroll, utility):
    enrollment = enroll(finding(utility), consent=consent_claim())
    assert (enrollment.state, enrollment.match_outcome) == ("discovered", "partial")
    make_program(utility)
    settle(at=NOW + timedelta(minutes=1))
    enrollment = Enrollment.objects.get(pk=enrollment.pk)
    assert (enrollment.state, enrollment.match_outcome) == ("enrolled", "matched")


def test_a_request_that_was_under_way_when_a_program_appeared_is_weighed_too(enroll, utility):
    program = make_program(utility)
    settle(at=NOW + timedelta(minutes=1))
    late = enroll(finding(utility), consent=consent_claim(program_types=("capacity",)))  # began before, commits after
    Enrollment.objects.filter(pk=late.pk).update(fits_since=None)
    assert program in Program.objects.unsettled(now=NOW + timedelta(minutes=2))
    settle(at=NOW + timedelta(minutes=2))
    assert Enrollment.objects.get(pk=late.pk).advanced_at == NOW + timedelta(minutes=2)
    settle(at=NOW + timedelta(minutes=4))
    assert program not in Program.objects.unsettled(now=NOW + timedelta(minutes=4))


def test_an_edit_unsettles_a_program_however_long_ago_it_is_stamped(utility):
    program = make_program(utility)
    settle(at=NOW)
    settle(at=NOW + timedelta(minutes=3))
    assert program not in Program.objects.unsettled(now=NOW)
    Program.objects.filter(pk=program.pk).update(name="New name", updated_at=NOW - timedelta(days=1))
    assert program in Program.objects.unsettled(now=NOW)


def test_when_its_last_program_ends_it_goes_back_to_opted_in(enroll, utility, program):
    enrollment = enroll(finding(utility), consent=consent_claim())
    program.ends_on = NOW.date()
    program.save()
    settle(at=NOW + timedelta(days=2))
    assert Enrollment.objects.get(pk=enrollment.pk).state == "opted_in"
    assert Participation.objects.get(device=enrollment.device).left_reason == "program_ended"


def test_a_cca_over_the_wires_brings_its_programs(enroll, utility, neighbour):
    neighbour.segment = "community_choice_aggregator"
    neighbour.save()
    program = make_program(neighbour)
    enrollment = enroll(finding(utility, cca=neighbour), consent=consent_claim())
    assert Participation.objects.live().get(device=enrollment.device).program == program


@pytest.mark.parametrize("capability", [True, False])
def test_participation_begins_with_the_first_sign_of_life(enroll, utility, program, capability):
    enrollment = enroll(finding(utility), consent=consent_claim(), device=device_claim(telemetry=capability))
    sign = "last_reading_at" if capability else "last_command_completed_at"
    other = "last_command_completed_at" if capability else "last_reading_at"
    for field, state in ((other, "enrolled"), (sign, "active")):
        enrollment = Enrollment.objects.locked().get(pk=enrollment.pk)
        setattr(enrollment.device, field, NOW + timedelta(minutes=1))
        enrollment.device.save()
        lifecycle.advance(enrollment, now=NOW + timedelta(minutes=2), by=BY)
        assert enrollment.state == state


def test_the_same_device_is_not_enrolled_twice(enroll, utility):
    device = device_claim()
    first = enroll(finding(utility), device=device)
    with pytest.raises(Refusal) as refused:
        enroll(finding(utility), device=device)
    assert refused.value.code == "enrollment_exists"
    assert refused.value.more == {"enrollmentId": str(first.pk)}


def test_the_same_serial_number_under_another_id_is_flagged(enroll, utility):
    device = device_claim()
    enroll(finding(utility), device=device)
    again = replace(
        device,
        manufacturer_device_id="another",
        serial_number=f" {device.serial_number.lower()} ",
        manufacturer="ACME energy",
    )
    with pytest.raises(Refusal) as refused:
        enroll(finding(utility), device=again)
    assert refused.value.code == "enrollment_exists"
    assert refused.value.flag == duplicates.SERIAL_UNDER_ANOTHER_ID


def test_a_device_enrolled_elsewhere_is_refused_and_nothing_is_told(enroll, utility):
    device = device_claim()
    theirs = enroll(finding(utility), device=device)
    other = Partner.objects.create(name="Other", kind="tpdo")
    SigningKey.objects.create(partner=other, algorithm="ed25519", public_key_pem="pem", not_before=NOW)
    with pytest.raises(Refusal) as refused:
        enroll(finding(utility), device=device, by_partner=other)
    assert (refused.value.code, refused.value.more) == ("device_enrolled_elsewhere", {})
    assert refused.value.about == theirs.pk, "staff are told, on the refused request's row"


def test_a_revoked_device_may_be_enrolled_anew_with_a_later_consent_only(enroll, utility, program):
    device = device_claim()
    first = enroll(finding(utility), device=device, consent=consent_claim(days_ago=9))
    first = Enrollment.objects.locked().get(pk=first.pk)
    revoked_at = NOW - timedelta(days=5)
    lifecycle.revoke_consent(first, revoked_at=revoked_at, source="device_app", now=NOW, by=BY)
    assert first.state == "opted_out"
    lifecycle.revoke(first, reason="decommissioned", now=NOW, by=BY)
    with pytest.raises(Refusal) as refused:
        enroll(finding(utility), device=device, consent=consent_claim(days_ago=5))
    assert refused.value.code == "consent_revoked"
    second = enroll(finding(utility), device=device, consent=consent_claim(days_ago=4))
    assert second.device_id == first.device_id
    assert second.state == "enrolled"


def test_an_oauth_enrollment_is_added_to_and_becomes_hybrid(enroll, utility, program):
    device = device_claim()
    by_user = enroll(finding(utility), device=device)
    by_user.method = Enrollment.Method.OAUTH
    by_user.save()
    merged = enroll(finding(utility), device=device, consent=consent_claim())
    assert merged.pk == by_user.pk
    assert (merged.method, merged.state) == ("hybrid", "enrolled")


def test_a_consent_from_before_a_revocation_does_not_count_in_a_new_enrollment_either(enroll, utility, program):
    device = device_claim()
    first = Enrollment.objects.locked().get(pk=enroll(finding(utility), device=device, consent=consent_claim()).pk)
    lifecycle.revoke_consent(first, revoked_at=NOW, source="device_app", now=NOW, by=BY)
    lifecycle.revoke(first, reason="decommissioned", now=NOW, by=BY)
    second = enroll(finding(utility), device=device)
    held = Enrollment.objects.locked().get(pk=second.pk)
    with pytest.raises(Refusal) as refused:
        give_consent(
            held, consent_claim(), path="oem", evidence=evidence_of(held.partner), signed_at=NOW, now=NOW, by=BY
        )
    assert refused.value.code == "consent_revoked"


def test_narrowing_the_choice_leaves_the_other_programs(enroll, utility, program):
    other = make_program(utility, name="Other")
    enrollment = enroll(finding(utility), consent=consent_claim())
    held = Enrollment.objects.locked().get(pk=enrollment.pk)
    held.program_choice = [other.pk]
    lifecycle.advance(held, now=NOW, by=BY)
    assert Participation.objects.live().get(device=held.device).program == other
    assert Participation.objects.get(program=program).left_reason == "not_chosen"


def test_a_territory_that_is_in_question_again_takes_it_out_of_its_programs(enroll, utility, neighbour, program):
    enrollment = enroll(finding(utility), consent=consent_claim())
    held = Enrollment.objects.locked().get(pk=enrollment.pk)
    matching.record(held, finding(utility, neighbour, outcome="ambiguous"), now=NOW)
    lifecycle.advance(held, now=NOW, by=BY)
    assert held.state == "pending_verification"
    assert not Participation.objects.live().filter(device=held.device).exists()


def test_what_still_suspends_it_is_the_reason_that_is_given(enroll, utility, program):
    enrollment = Enrollment.objects.locked().get(pk=enroll(finding(utility), consent=consent_claim()).pk)
    enrollment.device.last_reading_at = NOW + timedelta(minutes=1)
    enrollment.device.save()
    lifecycle.advance(enrollment, now=NOW, by=BY)
    lifecycle.hold_for_compliance(enrollment, reason="Tampered with", now=NOW, by=BY)
    lifecycle.report_connectivity_lost(enrollment, last_seen_at=NOW + timedelta(minutes=2), now=NOW, by=BY)
    lifecycle.release_hold(enrollment, reason="Cleared", now=NOW, by=BY)
    assert (enrollment.state, enrollment.state_reason) == ("suspended", "connectivity_lost")
