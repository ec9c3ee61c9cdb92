"""What keeps the desk in order: who looks after a case, notes, claims of others, escalation, like cases together."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.db import DatabaseError, transaction
from django.db.models import ProtectedError

from enrollments import assignment, conflicts, escalation, lifecycle, notes, review, tasks, together
from enrollments.models import CaseNote, Enrollment, ReviewCase
from enrollments.states import State
from partners.models import RefusedRequest
from tests.factories import NOW, ProgramFactory, active, ambiguous, enrolled, matched_to
from texture_portal import actors, rehearsal
from texture_portal.business_time import add_business_time
from texture_portal.ids import new_id
from texture_portal.refusals import Refusal

WHY = "The bill names it."


def decider(name):
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="decide_reviewcase"))
    return user


@pytest.fixture
def rita(db):
    return decider("rita")


@pytest.fixture
def anna(db):
    return decider("anna")


@pytest.fixture
def case(db):
    return case_of(ambiguous())


def case_of(enrollment):
    return ReviewCase.objects.get(enrollment=enrollment)


def newest(case):
    entry = case.history.first()
    return entry.history_user_id, entry.history_change_reason


def transferred():
    """An ownership case, opened at NOW."""
    enrollment = active()
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=enrollment.pk)
        lifecycle.report_ownership_transfer(held, transferred_at=NOW, now=NOW, by=actors.system("tests"))
    return case_of(enrollment)


# -- who looks after it --


def test_a_case_is_taken_handed_over_and_put_back_and_each_is_on_record(case, rita, anna):
    taken = assignment.assign(case, to=rita, instead_of=None, now=NOW, user=rita)
    assert (taken.assigned_to, taken.assigned_at, newest(case)) == (rita, NOW, (rita.pk, "assigned to rita"))
    assignment.assign(case, to=anna, instead_of=rita.pk, why="She knows the place.", now=NOW, user=rita)
    assert newest(case) == (rita.pk, "assigned to anna: She knows the place.")
    free = assignment.unassign(case, instead_of=anna.pk, user=anna)
    assert (free.assigned_to, free.assigned_at, newest(case)) == (None, None, (anna.pk, "taken from anna"))


def test_of_two_who_take_it_the_second_learns_of_the_first(case, rita, anna):
    assignment.assign(case, to=rita, instead_of=None, now=NOW, user=rita)
    with pytest.raises(Refusal, match="Meanwhile it was given to rita"):
        assignment.assign(case, to=anna, instead_of=None, now=NOW, user=anna)
    with pytest.raises(Refusal, match="rita has it already"):
        assignment.assign(case, to=rita, instead_of=rita.pk, now=NOW, user=anna)


@pytest.mark.parametrize("lack", ["permission", "staff", "active"])
def test_only_who_may_decide_is_given_a_case(lack, case, rita, anna):
    {
        "permission": anna.user_permissions.clear,
        "staff": lambda: setattr(anna, "is_staff", False),
        "active": lambda: setattr(anna, "is_active", False),
    }[lack]()
    anna.save()
    with pytest.raises(Refusal, match="may not decide"):
        assignment.assign(case, to=User.objects.get(pk=anna.pk), instead_of=None, now=NOW, user=rita)


def test_a_decided_case_is_given_to_nobody_and_says_who_closed_it(case, rita, anna):
    review.end_enrollment(case, reason=WHY, now=NOW, user=anna)
    with pytest.raises(Refusal, match="closed already, by anna on May 4"):
        assignment.assign(case, to=rita, instead_of=None, now=NOW, user=rita)


def test_who_looks_after_a_case_cannot_be_deleted(case, rita):
    assignment.assign(case, to=rita, instead_of=None, now=NOW, user=rita)
    with pytest.raises(ProtectedError):
        rita.delete()


# -- notes --


def test_notes_stay_as_they_were_written_also_on_a_decided_case(case, rita):
    notes.add_note(case, text=" Called the utility. ", now=NOW, user=rita)
    review.end_enrollment(case, reason=WHY, now=NOW, user=rita)
    notes.add_note(case, text="They called back.", now=NOW + timedelta(days=1), user=rita)
    assert [each.text for each in case.notes.all()] == ["Called the utility.", "They called back."]
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        CaseNote.objects.update(text="Never said.")
    with pytest.raises(Refusal, match="says something"):
        notes.add_note(case, text="  ", now=NOW, user=rita)


# -- claims of others --


def claimed(enrollment, *, at):
    return RefusedRequest.objects.create(
        id=new_id(), partner=enrollment.partner, at=at, method="POST", path="/v1/enrollments", status=409,
        code="device_enrolled_elsewhere", flag="device_enrolled_elsewhere", about=enrollment.pk,
    )  # fmt: skip


def test_a_second_claim_is_shown_until_staff_ask_and_again_when_it_comes_back(rita):
    enrollment = enrolled()
    claimed(enrollment, at=NOW)
    assert conflicts.repeated_claims() == []
    claimed(enrollment, at=NOW + timedelta(hours=1))
    (found,) = conflicts.repeated_claims()
    assert (found.enrollment, found.times, found.last_at) == (enrollment, 2, NOW + timedelta(hours=1))
    case = conflicts.open_conflict(enrollment, reason="Two want it.", now=NOW + timedelta(hours=2), user=rita)
    assert conflicts.repeated_claims() == []
    review.dismiss_conflict(case, reason="The installer erred.", now=NOW + timedelta(hours=3), user=rita)
    assert conflicts.repeated_claims() == []
    claimed(enrollment, at=NOW + timedelta(hours=4))
    assert [each.times for each in conflicts.repeated_claims()] == [3]


def test_claims_that_somebody_is_asked_about_hide_no_others(rita, monkeypatch):
    """However often they come: only so many are shown."""
    monkeypatch.setattr(conflicts, "MOST_SHOWN", 1)
    quiet, asked, ended = enrolled(), enrolled(), enrolled()
    conflicts.open_conflict(asked, reason="Two want it.", now=NOW, user=rita)
    lifecycle.revoke(ended, reason="decommissioned", now=NOW, by=actors.system("tests"))
    for hours, enrollment in enumerate((quiet, asked, ended)):
        for minutes in (0, 1):
            claimed(enrollment, at=NOW + timedelta(hours=hours, minutes=minutes))
    assert [each.enrollment for each in conflicts.repeated_claims()] == [quiet]


def test_a_conflict_is_opened_once_with_its_reason_and_changes_no_state(rita):
    enrollment = enrolled()
    case = conflicts.open_conflict(enrollment, reason="Two want it.", now=NOW, user=rita)
    assert (case.kind, case.reason, newest(case)) == ("conflict", "Two want it.", (rita.pk, "Two want it."))
    assert Enrollment.objects.get(pk=enrollment.pk).state == State.ENROLLED
    with pytest.raises(Refusal, match="open already"):
        conflicts.open_conflict(enrollment, reason="Again.", now=NOW, user=rita)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 256])
def test_a_conflict_needs_a_reason_of_a_sentence(reason, rita):
    with pytest.raises(Refusal, match="at most 255"):
        conflicts.open_conflict(enrolled(), reason=reason, now=NOW, user=rita)


@pytest.mark.parametrize(
    ("verb", "state", "decision"),
    [(review.dismiss_conflict, State.ENROLLED, "rejected"), (review.end_enrollment, State.REVOKED, "confirmed")],
)
def test_a_conflict_is_dismissed_or_ends_the_enrollment(verb, state, decision, rita):
    case = conflicts.open_conflict(enrolled(), reason="Two want it.", now=NOW, user=rita)
    enrollment = verb(case, reason="The owner's receipt.", now=NOW, user=rita)
    case.refresh_from_db()
    assert (enrollment.state, case.decision) == (state, decision)
    with pytest.raises(Refusal, match=r"revoked|closed already"):
        verb(case, reason="Again.", now=NOW, user=rita)


def test_nothing_is_asked_about_what_has_ended(rita):
    enrollment = enrolled()
    review.end_enrollment(
        conflicts.open_conflict(enrollment, reason="Two.", now=NOW, user=rita), reason=WHY, now=NOW, user=rita
    )
    with pytest.raises(Refusal, match="revoked"):
        conflicts.open_conflict(enrollment, reason="Once more.", now=NOW, user=rita)


# -- escalation --


def drain(*, now):
    while tasks.escalate_cases(now=now):
        pass


def test_a_case_is_flagged_twelve_business_hours_before_it_is_due_and_once(case):
    quiet = add_business_time(NOW, length=timedelta(hours=35))
    drain(now=quiet)
    assert case_of(case.enrollment).escalated_at is None
    pressing = add_business_time(NOW, length=timedelta(hours=37))
    drain(now=pressing)
    drain(now=pressing + timedelta(hours=1))
    assert case_of(case.enrollment).escalated_at == pressing
    assert [each.history_change_reason for each in case.history.all()][:1] == ["escalated: it is due soon"]
    assert mail.outbox == [], "nobody is configured to be told"


def test_a_transfer_is_flagged_six_hours_before_by_the_clock_that_never_stops(db):
    case = transferred()
    drain(now=NOW + timedelta(hours=17))
    assert case_of(case.enrollment).escalated_at is None
    drain(now=NOW + timedelta(hours=19))
    assert case_of(case.enrollment).escalated_at == NOW + timedelta(hours=19)


def test_a_case_that_waits_for_the_partner_is_flagged_all_the_same(case, rita):
    review.request_information(case, message="A photo, please.", now=NOW, user=rita)
    late = NOW + timedelta(days=5)
    drain(now=late)
    assert case_of(case.enrollment).escalated_at == late


def test_a_decided_case_is_not_flagged(case, rita):
    review.end_enrollment(case, reason=WHY, now=NOW, user=rita)
    drain(now=NOW + timedelta(days=30))
    assert case_of(case.enrollment).escalated_at is None


def test_one_email_tells_of_all_once_with_no_word_about_the_people(case, rita, settings):
    settings.ESCALATION_EMAILS, settings.PORTAL_URL = ["desk@portal.example"], "https://portal.example"
    other = case_of(ambiguous())
    assignment.assign(other, to=rita, instead_of=None, now=NOW, user=rita)
    late = NOW + timedelta(days=5)
    drain(now=late)
    drain(now=late + timedelta(hours=1))
    (sent,) = mail.outbox
    assert (sent.subject, sent.to) == ("2 review cases are due soon", ["desk@portal.example"])
    for told in (f"https://portal.example/admin/enrollments/reviewcase/{other.pk}/change/", "with rita", "with nobody"):
        assert told in sent.body
    for kept in ("San Rafael", case.enrollment.customer.reference_id, case.enrollment.device.serial_number):
        assert kept not in sent.body
    assert case_of(other.enrollment).escalation_mailed_at == late


def test_an_email_that_could_not_be_sent_is_sent_the_next_time(case, settings):
    settings.ESCALATION_EMAILS = ["desk@portal.example"]
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    late = NOW + timedelta(days=5)
    with pytest.raises(ConnectionRefusedError):
        drain(now=late)
    assert case_of(case.enrollment).escalated_at == late
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    drain(now=late)
    assert len(mail.outbox) == 1


def test_how_long_before_is_a_setting(case, settings):
    settings.ESCALATE_BUSINESS_HOURS = 1
    assert not escalation.pressing(now=add_business_time(NOW, length=timedelta(hours=46))).exists()
    assert escalation.pressing(now=add_business_time(NOW, length=timedelta(hours=47, minutes=1))).exists()


# -- together --


@pytest.fixture
def pair(db):
    """Three cases between the same two utilities, and one between others."""
    owners = ProgramFactory().owner, ProgramFactory().owner
    alike = [case_of(ambiguous(*owners)) for _ in range(3)]
    return owners, alike, case_of(ambiguous())


def resolving(utility, user):
    def decide(case):
        return str(review.resolve_territory(case, utility=utility, reason=WHY, now=NOW, user=user).state)

    return decide


def test_cases_are_alike_where_the_same_utilities_might_serve(pair):
    _, alike, other = pair
    assert set(together.like(alike[0])) == set(alike)
    assert together.like(other) == [other]
    with pytest.raises(Refusal, match="not alike"):
        together.chosen([alike[0].pk, other.pk])
    with pytest.raises(Refusal, match="not alike"):
        together.chosen([alike[0].pk, transferred().pk])


def test_a_preview_says_what_would_happen_and_changes_nothing(pair, rita):
    (_, chosen), alike, _ = pair
    history = ReviewCase.history.count()
    outcomes = list(rehearsal.preview(alike, resolving(chosen, rita)))
    assert [each.said for each in outcomes] == ["enrolled"] * 3
    assert ReviewCase.objects.filter(decided_at__isnull=True).count() == 4
    assert set(Enrollment.objects.values_list("state", flat=True)) == {"pending_verification"}
    assert ReviewCase.history.count() == history


def test_each_stands_alone_and_one_that_was_closed_meanwhile_is_told(pair, rita, anna):
    (_, chosen), alike, _ = pair
    review.end_enrollment(alike[1], reason="Moved away.", now=NOW, user=anna)
    outcomes = list(rehearsal.carry_out(together.chosen(each.pk for each in alike), resolving(chosen, rita)))
    assert sorted(each.said for each in outcomes) == ["", "enrolled", "enrolled"]
    (refused,) = [each for each in outcomes if each.refusal]
    assert refused.row == alike[1]
    assert "closed already, by anna" in refused.refusal
    decided = ReviewCase.objects.filter(decided_by=rita)
    assert [(each.decision, each.decision_reason) for each in decided] == [("confirmed", WHY)] * 2


def test_so_many_together_and_no_more(pair, monkeypatch):
    monkeypatch.setattr(together, "MOST", 2)
    _, alike, _ = pair
    assert len(together.like(alike[0])) == 2
    with pytest.raises(Refusal, match="At most 2"):
        together.chosen([each.pk for each in alike])
    with pytest.raises(Refusal, match="None of these"):
        together.chosen([new_id()])


def test_verifications_are_alike_whatever_the_place(db):
    cases = []
    for _ in range(2):
        program = ProgramFactory(wants_verified_account=True)
        cases.append(case_of(enrolled(finding=matched_to(program.owner), account_verified=True)))
    assert set(together.like(cases[0])) == set(cases)
