"""The review queue from the page alone: what is due, what was found, and each decision by a button."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from enrollments import lifecycle
from enrollments.models import Enrollment, ReviewCase
from enrollments.states import State
from tests.factories import NOW, ProgramFactory, UtilityFactory, active, ambiguous, enrolled, matched_to
from texture_portal import actors, clock
from texture_portal.business_time import add_business_hours

QUEUE = "/admin/enrollments/reviewcase/"


def case_of(enrollment):
    return ReviewCase.objects.get(enrollment=enrollment)


def now_of(enrollment):
    return Enrollment.objects.get(pk=enrollment.pk)


def test_an_ambiguous_site_is_resolved_to_a_candidate(reviewer, carry_out, said):
    program, other = ProgramFactory(), ProgramFactory()
    enrollment = ambiguous(program.owner, other.owner)
    assert enrollment.state == State.PENDING_VERIFICATION
    case = case_of(enrollment)
    page = carry_out(reviewer, case, "resolve", candidate=str(other.owner_id), reason="The bill names it.")
    assert page.redirect_chain[-1][0] == QUEUE
    assert any(other.owner.name in message and "enrolled" in message for message in said(page))
    after = now_of(enrollment)
    assert (after.state, after.site.utility_id) == (State.ENROLLED, other.owner_id)
    case.refresh_from_db()
    assert (case.decision, case.decided_by, case.decision_reason, case.resolved_utility_id) == (
        "confirmed", reviewer.user, "The bill names it.", other.owner_id,
    )  # fmt: skip


def test_an_ambiguous_site_is_resolved_to_a_utility_that_was_no_candidate(reviewer, carry_out):
    enrollment, third = ambiguous(), ProgramFactory()
    carry_out(reviewer, case_of(enrollment), "resolve", other_utility=str(third.owner_id), reason="The bill names it.")
    assert now_of(enrollment).site.utility_id == third.owner_id


@pytest.mark.parametrize("choice", ["none", "both", "no homes", "unknown", "no reason"])
def test_a_decision_that_is_not_one_changes_nothing(choice, reviewer, carry_out, said):
    enrollment = ambiguous()
    case = case_of(enrollment)
    candidate = case.enrollment.match["candidates"][0]["utility"]["id"]
    given = {
        "none": {"reason": "Sure."},
        "both": {"reason": "Sure.", "candidate": candidate, "other_utility": str(UtilityFactory().pk)},
        "no homes": {"reason": "Sure.", "other_utility": str(UtilityFactory(segment="federal").pk)},
        "unknown": {"reason": "Sure.", "candidate": "00000000-0000-0000-0000-000000000000"},
        "no reason": {"candidate": candidate},
    }[choice]
    page = carry_out(reviewer, case, "resolve", **given)
    assert any("Nothing was changed" in message for message in said(page))
    case.refresh_from_db()
    assert (case.decided_at, now_of(enrollment).state) == (None, State.PENDING_VERIFICATION)


def test_a_rejected_case_ends_the_enrollment(reviewer, carry_out):
    enrollment = ambiguous()
    carry_out(reviewer, case_of(enrollment), "end", reason="Neither serves it.")
    assert (now_of(enrollment).state, now_of(enrollment).state_reason) == (State.REVOKED, "territory_unsupported")
    assert case_of(enrollment).decision == "rejected"


def test_a_utility_account_is_verified(reviewer, carry_out):
    program = ProgramFactory(wants_verified_account=True)
    enrollment = enrolled(finding=matched_to(program.owner), account_verified=True)
    assert case_of(enrollment).kind == ReviewCase.Kind.VERIFICATION
    carry_out(reviewer, case_of(enrollment), "verify-account", reason="The utility confirmed it.")
    assert now_of(enrollment).state == State.ENROLLED


def test_a_transfer_of_ownership_is_refuted(reviewer, carry_out):
    enrollment = active()
    with transaction.atomic():
        locked = Enrollment.objects.locked().get(pk=enrollment.pk)
        later = NOW + timedelta(hours=1)
        lifecycle.report_ownership_transfer(locked, transferred_at=NOW, now=later, by=actors.system("tests"))
    assert now_of(enrollment).state == State.PENDING_VERIFICATION
    carry_out(reviewer, case_of(enrollment), "refute-transfer", reason="The owner says no.")
    assert now_of(enrollment).state not in (State.PENDING_VERIFICATION, State.REVOKED)
    assert case_of(enrollment).decision == "rejected"


@pytest.mark.parametrize("verb", ["verify-account", "refute-transfer"])
def test_the_verb_of_another_question_is_refused(verb, reviewer, carry_out, said):
    enrollment = ambiguous()
    page = carry_out(reviewer, case_of(enrollment), verb, reason="Wrong door.")
    assert any("Nothing was changed" in message for message in said(page))
    assert now_of(enrollment).state == State.PENDING_VERIFICATION


def test_a_case_that_somebody_else_closed_says_so(reviewer, carry_out, said):
    enrollment = ambiguous()
    case = case_of(enrollment)
    carry_out(reviewer, case, "end", reason="Neither serves it.")
    page = carry_out(reviewer, case, "resolve", candidate=_first_candidate(case), reason="The bill names it.")
    assert any("closed already" in message for message in said(page))
    assert now_of(enrollment).state == State.REVOKED


@pytest.mark.parametrize("verb", ["resolve", "verify-account", "refute-transfer", "end"])
def test_who_may_only_look_decides_nothing(verb, onlooker, carry_out):
    case = case_of(ambiguous())
    answer = carry_out(onlooker, case, verb, reason="Curious.", candidate=_first_candidate(case))
    assert answer.status_code == 403
    case.refresh_from_db()
    assert case.decided_at is None


def test_the_queue_shows_open_cases_the_first_due_first_and_the_late_as_late(reviewer):
    long_ago, lately = clock.now() - timedelta(days=30), clock.now()
    newer, older = ambiguous(now=lately, consent=None), ambiguous(now=long_ago, consent=None)
    page = reviewer.get(QUEUE).content.decode()
    assert page.index(older.device.serial_number) < page.index(newer.device.serial_number)
    assert page.count("overdue") == 1
    assert case_of(newer).due_at == add_business_hours(lately, hours=48)


def test_decided_cases_leave_the_queue_and_are_found_under_decided(reviewer, carry_out):
    enrollment = ambiguous()
    serial = enrollment.device.serial_number
    carry_out(reviewer, case_of(enrollment), "end", reason="Neither serves it.")
    assert serial not in reviewer.get(QUEUE).content.decode()
    assert serial in reviewer.get(QUEUE, {"decided": "yes"}).content.decode()


def test_the_page_of_a_case_shows_all_that_decides_it(reviewer):
    one, other = ProgramFactory().owner, ProgramFactory().owner
    case = case_of(ambiguous(one, other))
    page = reviewer.get(reverse("admin:enrollments_reviewcase_change", args=(case.pk,))).content.decode()
    for shown in (one.name, other.name, "3501 Civic Center Dr", "38.03390", "38.01000", "5512345678", "ZIP table"):
        assert shown in page


def test_the_search_for_another_utility_offers_only_those_that_serve_homes(reviewer):
    ambiguous()
    UtilityFactory(name="Bluewater Light")
    UtilityFactory(name="Bluewater Transmission", segment="transmission_operator")
    UtilityFactory(name="Bluewater of Old", status="defunct")
    asked = {"app_label": "enrollments", "model_name": "reviewcase", "field_name": "resolved_utility", "term": "Bluew"}
    found = reviewer.get(reverse("admin:autocomplete"), asked).json()["results"]
    assert [each["text"] for each in found] == ["Bluewater Light"]


def _first_candidate(case):
    return case.enrollment.match["candidates"][0]["utility"]["id"]
