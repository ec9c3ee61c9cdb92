"""What staff do to an enrollment: a button, a reason, one move. Nothing else changes it."""

import pytest
from django.urls import reverse

from enrollments.audit import breaks
from enrollments.models import Consent, Enrollment
from enrollments.states import State
from enrollments.timeline import timeline
from tests.factories import active, enrolled

ALL_VERBS = ("suspend", "reinstate", "opt-out", "revoke")


def state_of(enrollment):
    return Enrollment.objects.get(pk=enrollment.pk).state


def last_moment(enrollment):
    return timeline(enrollment)[-1]


@pytest.mark.parametrize(
    ("verb", "after", "state_reason"),
    [
        ("suspend", State.SUSPENDED, "compliance"),
        ("opt-out", State.OPTED_OUT, "consent_revoked"),
        ("revoke", State.REVOKED, "staff"),
    ],
)
def test_a_verb_moves_the_enrollment_and_its_reason_stays(verb, after, state_reason, administrator, carry_out, said):
    enrollment = active()
    page = carry_out(administrator, enrollment, verb, reason="The installer reported a fault.")
    assert state_of(enrollment) == after
    assert Enrollment.objects.get(pk=enrollment.pk).state_reason == state_reason
    assert any(after.label.lower() in message for message in said(page))
    moment = last_moment(enrollment)
    assert (moment.detail, moment.actor, moment.actor_name, moment.channel) == (
        "The installer reported a fault.", "staff", "root", "admin",
    )  # fmt: skip
    assert not list(breaks(enrollment_id=enrollment.pk))


def test_a_long_reason_is_kept_whole(administrator, carry_out):
    enrollment, reason = active(), "The installer reported a fault. " * 40
    carry_out(administrator, enrollment, "suspend", reason=reason)
    assert last_moment(enrollment).detail == reason.strip()


def test_what_was_suspended_is_reinstated(administrator, carry_out):
    enrollment = active()
    carry_out(administrator, enrollment, "suspend", reason="Meter under inquiry.")
    carry_out(administrator, enrollment, "reinstate", reason="The meter is fine.")
    assert state_of(enrollment) == State.ACTIVE


def test_an_opt_out_revokes_the_consent_with_staff_as_its_source(administrator, carry_out):
    enrollment = active()
    carry_out(administrator, enrollment, "opt-out", reason="She asked by telephone.")
    consent = Consent.objects.get(enrollment=enrollment)
    assert consent.revocation_source == "staff"
    assert consent.revoked_at is not None


@pytest.mark.parametrize("verb", ALL_VERBS)
@pytest.mark.parametrize("given", [{}, {"reason": ""}, {"reason": "   "}, {"reason": "x" * 5000}])
def test_without_a_reason_nothing_changes(verb, given, administrator, carry_out, said):
    enrollment = active()
    length = enrollment.ledger_length
    page = carry_out(administrator, enrollment, verb, **given)
    assert any("Nothing was changed" in message for message in said(page))
    after = Enrollment.objects.get(pk=enrollment.pk)
    assert (after.state, after.ledger_length) == (State.ACTIVE, length)


@pytest.mark.parametrize(
    ("verb", "prepared"), [("suspend", enrolled), ("reinstate", active), ("opt-out", "revoked"), ("revoke", "revoked")]
)
def test_what_the_lifecycle_refuses_is_told_and_not_half_done(verb, prepared, administrator, carry_out, said):
    enrollment = active() if prepared == "revoked" else prepared()
    if prepared == "revoked":
        carry_out(administrator, enrollment, "revoke", reason="Moved away.")
    before = Enrollment.objects.get(pk=enrollment.pk)
    page = carry_out(administrator, enrollment, verb, reason="Because.")
    assert any("Nothing was changed" in message for message in said(page))
    after = Enrollment.objects.get(pk=enrollment.pk)
    assert (after.state, after.ledger_length) == (before.state, before.ledger_length)
    assert not list(breaks(enrollment_id=enrollment.pk))


@pytest.mark.parametrize("verb", ALL_VERBS)
def test_who_may_only_look_may_do_nothing(verb, onlooker, carry_out):
    enrollment = active()
    assert carry_out(onlooker, enrollment, verb, reason="Curious.").status_code == 403
    assert state_of(enrollment) == State.ACTIVE
    page = onlooker.get(reverse("admin:enrollments_enrollment_change", args=(enrollment.pk,)))
    assert page.status_code == 200
    assert b"by-verb" not in page.content


def test_a_stranger_is_asked_to_log_in(client, db, carry_out):
    enrollment = active()
    page = carry_out(client, enrollment, "revoke", reason="Curious.")
    assert "/admin/login/" in page.redirect_chain[-1][0]
    assert state_of(enrollment) == State.ACTIVE


def test_a_verb_is_posted_never_fetched(administrator):
    enrollment = active()
    url = reverse("admin:enrollments_enrollment_verb", args=(enrollment.pk, "revoke"))
    assert administrator.get(url).status_code == 405
    assert state_of(enrollment) == State.ACTIVE


def test_a_verb_needs_the_forms_own_token(administrator):
    administrator.handler.enforce_csrf_checks = True
    enrollment = active()
    url = reverse("admin:enrollments_enrollment_verb", args=(enrollment.pk, "revoke"))
    assert administrator.post(url, {"reason": "Forged."}).status_code == 403
    assert state_of(enrollment) == State.ACTIVE


def test_a_verb_that_does_not_exist_is_not_found(administrator, carry_out):
    assert carry_out(administrator, active(), "activate", reason="Please.").status_code == 404


def test_no_post_sets_the_state_or_a_fact(administrator):
    enrollment = enrolled(consent=None)
    page = reverse("admin:enrollments_enrollment_change", args=(enrollment.pk,))
    listed = reverse("admin:enrollments_enrollment_changelist")
    forged = {"state": "active", "match_outcome": "matched", "ledger_length": "0", "_save": "Save"}
    assert administrator.post(page, forged).status_code == 403
    edits = {f"form-0-{name}": value for name, value in forged.items()} | {"form-0-id": str(enrollment.pk)}
    administrator.post(listed, {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", **edits})
    assert administrator.post(reverse("admin:enrollments_enrollment_add"), forged).status_code == 403
    delete = reverse("admin:enrollments_enrollment_delete", args=(enrollment.pk,))
    assert administrator.post(delete, {"post": "yes"}).status_code == 403
    after = Enrollment.objects.get(pk=enrollment.pk)
    assert (after.state, after.ledger_length) == (enrollment.state, enrollment.ledger_length)


def test_the_history_of_consent_cannot_be_written(administrator):
    enrolled()
    version = Consent.history.get()
    page = reverse("admin:enrollments_historicalconsent_change", args=(version.pk,))
    assert administrator.post(page, {"terms_version": "2030-01"}).status_code == 403
    assert Consent.history.get().terms_version == version.terms_version
