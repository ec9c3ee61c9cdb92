"""Consents of the OEM and of the end user in one enrollment: scopes add up, either revokes all (§11.8)."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction

from enrollments import lifecycle, stacking
from enrollments.consents import give_consent
from enrollments.models import Consent, Enrollment, RevocationDuty
from tests.factories import NOW, ProgramFactory, consent_claim, enrolled, evidence_from, matched_to
from texture_portal import actors
from texture_portal.refusals import Refusal

CUSTOMER = actors.Actor(actors.Role.CUSTOMER, "the end user", actors.Channel.WEB)
SYSTEM = actors.system("tests")
HOUR = timedelta(hours=1)


@pytest.fixture
def stacked(db):
    """Consented to demand response by the OEM, and to capacity by the end user; there is a program of each."""
    owner = ProgramFactory(type="demand_response", name="Peak").owner
    ProgramFactory(type="capacity", name="Capacity", owner=owner)
    made = enrolled(finding=matched_to(owner))
    return stacking.consent_by_oauth(made, by_oauth(), now=NOW, by=CUSTOMER)


def by_oauth(**changes):
    return consent_claim(**{"granted_at": NOW, "source": "web_portal", "program_types": ("capacity",), **changes})


def programs(enrollment):
    live = enrollment.device.participations.filter(left_at=None)
    return sorted(live.values_list("program__name", flat=True))


def by_oem(enrollment, *, at, **changes):
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=enrollment.pk)
        give_consent(
            held, consent_claim(granted_at=at, **changes), path=Consent.Path.OEM,
            evidence=evidence_from(held.partner), signed_at=at, now=at, by=SYSTEM,
        )  # fmt: skip
    return held


def test_both_are_one_enrollment_with_the_scopes_of_both_and_the_latest_time(stacked):
    assert Enrollment.objects.count() == 1
    assert (stacked.method, stacked.state) == ("hybrid", "enrolled")
    standing = stacked.standing()
    assert standing.paths == ("oauth", "oem")
    assert standing.program_types == ("capacity", "demand_response")
    assert standing.granted_at == NOW
    assert programs(stacked) == ["Capacity", "Peak"]
    assert sorted(stacked.consents.values_list("path", flat=True)) == ["oauth", "oem"]


def test_the_end_users_consent_rests_on_its_own_evidence_and_no_partners_signature(stacked):
    consent = stacked.consents.get(path="oauth")
    assert (consent.signed_request, consent.signed_request_digest) == (None, None)
    assert b"203.0.113.7" in stacked.customer.open(consent.sealed_evidence, place=f"consent-evidence:{consent.pk}")
    call_command("verify_audit_trail", verbosity=0)


def test_a_newer_consent_of_one_source_replaces_its_scope_and_leaves_what_is_outside(stacked):
    after = by_oem(stacked, at=NOW + HOUR, program_types=("time_of_use",))
    assert after.standing().program_types == ("capacity", "time_of_use")
    assert programs(after) == ["Capacity"]
    left = after.device.participations.get(program__name="Peak")
    assert left.left_reason == "outside_consent_scope"


def test_when_one_expires_the_other_is_enough(stacked):
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=stacked.pk)
        lifecycle.expire_consent(held, expired_at=NOW, path=Consent.Path.OEM, now=NOW + HOUR, by=SYSTEM)
    assert (held.state, held.standing().paths, programs(held)) == ("enrolled", ("oauth",), ["Capacity"])


@pytest.mark.parametrize("revoke_by", ["oem", "oauth"])
def test_revocation_by_either_revokes_all_and_only_a_newer_consent_reopens(stacked, revoke_by):
    at = NOW + HOUR
    if revoke_by == "oauth":
        held = stacking.revoke_by_oauth(stacked, revoked_at=at, now=at, by=CUSTOMER)
    else:
        with transaction.atomic():
            held = Enrollment.objects.locked().get(pk=stacked.pk)
            lifecycle.revoke_consent(held, revoked_at=at, source="device_app", now=at, by=SYSTEM)
    assert (held.state, held.standing().status, programs(held)) == ("opted_out", "revoked", [])
    assert set(held.consents.values_list("revoked_at", flat=True)) == {at}
    with pytest.raises(Refusal, match="only a consent granted later"):
        stacking.consent_by_oauth(held, by_oauth(granted_at=at), now=at + HOUR, by=CUSTOMER)
    reopened = stacking.consent_by_oauth(held, by_oauth(granted_at=at + HOUR), now=at + HOUR, by=CUSTOMER)
    assert (reopened.state, reopened.standing().paths, programs(reopened)) == ("enrolled", ("oauth",), ["Capacity"])


def test_what_must_be_carried_to_the_other_side_is_written_with_the_revocation(stacked):
    at = NOW + HOUR
    stacking.revoke_by_oauth(stacked, revoked_at=at, now=at, by=CUSTOMER)
    owed = {duty.kind: duty for duty in RevocationDuty.objects.all()}
    assert set(owed) == {"partner_told", "access_given_up"}
    assert {duty.due_at - duty.opened_at for duty in owed.values()} == {timedelta(hours=24)}
    assert {duty.outcome for duty in owed.values()} == {""}


def test_where_there_is_no_oauth_no_access_is_to_be_given_up(db):
    made = enrolled()
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=made.pk)
        lifecycle.revoke_consent(held, revoked_at=NOW, source="device_app", now=NOW, by=SYSTEM)
        lifecycle.revoke_consent(held, revoked_at=NOW, source="device_app", now=NOW, by=SYSTEM)
    assert [duty.kind for duty in RevocationDuty.objects.all()] == ["partner_told"]
