"""Staff ask the partner for more: the case waits, the partner reads what is asked, both clocks run on."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse

from enrollments import cases, correction, review
from enrollments.actions import required_actions
from enrollments.models import Enrollment, ReviewCase
from enrollments.overview import overview
from tests.factories import NOW, ProgramFactory, ambiguous, enrolled, matched_to
from texture_portal import actors
from texture_portal.business_time import add_business_hours
from texture_portal.ids import new_id
from texture_portal.refusals import Refusal

QUEUE = "/admin/enrollments/reviewcase/"
ASKED = "Please send a photo of the bill."


@pytest.fixture
def user(db):
    return User.objects.create_user("rita", is_staff=True)


def case_of(enrollment):
    return ReviewCase.objects.get(enrollment=enrollment)


def actions_of(enrollment):
    shown = Enrollment.objects.shown().get(pk=enrollment.pk)
    return [(each.code, each.by.value, each.description) for each in required_actions(overview(shown))]


def answer(enrollment, *, now):
    by = actors.partner(enrollment.partner_id, request_id=new_id())
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=enrollment.pk)
        given = {"utility_account_number": "5512345679"}
        correction.correct(held, given, finding=None, basis=correction.basis_of(held), now=now, by=by)


def test_what_is_asked_becomes_the_partners_required_action(reviewer, carry_out, said):
    enrollment = ambiguous()
    assert ("confirm_territory", "portal") in [each[:2] for each in actions_of(enrollment)]
    page = carry_out(reviewer, case_of(enrollment), "request-information", message=ASKED)
    assert any("asked" in message for message in said(page))
    assert actions_of(enrollment)[0] == ("confirm_territory", "partner", ASKED)
    assert [each[0] for each in actions_of(enrollment)].count("confirm_territory") == 1
    assert "the partner" in reviewer.get(QUEUE).content.decode()


def test_who_asked_and_what_is_in_the_cases_history(reviewer, carry_out):
    case = case_of(ambiguous())
    carry_out(reviewer, case, "request-information", message=ASKED)
    newest = case.history.first()
    assert (newest.history_user_id, newest.history_change_reason) == (
        reviewer.user.pk, f"information requested: {ASKED}",
    )  # fmt: skip


def test_a_question_about_the_account_asks_for_its_verification(user):
    program = ProgramFactory(wants_verified_account=True)
    enrollment = enrolled(finding=matched_to(program.owner), account_verified=True)
    review.request_information(case_of(enrollment), message=ASKED, now=NOW, user=user)
    assert ("verify_utility_account", "partner", ASKED) in actions_of(enrollment)


def test_the_partners_correction_answers_and_the_wait_is_kept(user):
    enrollment = ambiguous()
    review.request_information(case_of(enrollment), message=ASKED, now=NOW, user=user)
    answer(enrollment, now=NOW + timedelta(hours=5))
    case = case_of(enrollment)
    assert (case.information_given_at, case.waits_for_partner) == (NOW + timedelta(hours=5), False)
    assert case.waited_seconds == 5 * 3600
    assert case.history.first().history_change_reason == "information given by the partner"
    assert ("confirm_territory", "portal") in [each[:2] for each in actions_of(enrollment)]


def test_a_correction_on_its_way_before_the_question_is_no_answer_to_it(user):
    enrollment = ambiguous()
    review.request_information(case_of(enrollment), message=ASKED, now=NOW + timedelta(seconds=2), user=user)
    answer(enrollment, now=NOW + timedelta(seconds=1))
    assert case_of(enrollment).waits_for_partner


def test_two_clocks_with_and_without_the_wait(user):
    enrollment = ambiguous()
    case, due_at = case_of(enrollment), add_business_hours(NOW, hours=48)
    assert (case.due_at, cases.due_with_wait(case, now=NOW)) == (due_at, due_at)
    review.request_information(case, message=ASKED, now=NOW + timedelta(hours=1), user=user)
    later = NOW + timedelta(hours=3)
    case = case_of(enrollment)
    assert (case.due_at, cases.due_with_wait(case, now=later)) == (due_at, due_at + timedelta(hours=2))
    answer(enrollment, now=later)
    assert cases.due_with_wait(case_of(enrollment), now=later + timedelta(hours=9)) == due_at + timedelta(hours=2)
    review.request_information(case_of(enrollment), message="And the meter.", now=later, user=user)
    answer(enrollment, now=later + timedelta(hours=1))
    assert cases.due_with_wait(case_of(enrollment), now=later + timedelta(days=1)) == due_at + timedelta(hours=3)


def test_a_transfers_24_hours_are_not_stretched(user):
    case = case_of(ambiguous())
    case.kind, case.due_at = ReviewCase.Kind.OWNERSHIP, NOW + timedelta(hours=24)
    case.information_requested_at = NOW
    assert cases.due_with_wait(case, now=NOW + timedelta(hours=5)) == case.due_at


@pytest.mark.parametrize("message", ["", "   "])
def test_nothing_is_asked_without_words(message, user):
    case = case_of(ambiguous())
    with pytest.raises(Refusal):
        review.request_information(case, message=message, now=NOW, user=user)
    assert case_of(case.enrollment).information_requested_at is None


def test_who_was_asked_is_not_asked_again_before_it_answered(user):
    case = case_of(ambiguous())
    review.request_information(case, message=ASKED, now=NOW, user=user)
    with pytest.raises(Refusal, match="asked already"):
        review.request_information(case, message="Again.", now=NOW, user=user)


def test_a_decided_case_waits_for_nobody(reviewer, carry_out):
    enrollment = ambiguous()
    carry_out(reviewer, case_of(enrollment), "request-information", message=ASKED)
    carry_out(reviewer, case_of(enrollment), "end", reason="Neither serves it.")
    assert actions_of(enrollment) == []
    assert not case_of(enrollment).waits_for_partner


def test_the_page_of_the_case_shows_what_was_asked_and_offers_to_ask_once(reviewer, carry_out):
    case = case_of(ambiguous())
    page = reverse("admin:enrollments_reviewcase_change", args=(case.pk,))
    assert "request-information-form" in reviewer.get(page).content.decode()
    carry_out(reviewer, case, "request-information", message=ASKED)
    text = reviewer.get(page).content.decode()
    assert ASKED in text
    assert "Due without the wait" in text
    assert "request-information-form" not in text


def test_the_enrollment_counts_as_changed_when_something_is_asked(user):
    enrollment = ambiguous()
    at = datetime(2026, 5, 5, tzinfo=UTC)
    review.request_information(case_of(enrollment), message=ASKED, now=at, user=user)
    assert Enrollment.objects.get(pk=enrollment.pk).updated_at == at
