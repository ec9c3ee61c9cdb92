"""What people decide, and what the lifecycle makes of it (§11.3)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from enrollments import lifecycle, review
from enrollments.cases import due_at
from enrollments.claims import EligibilityClaim
from enrollments.models import Enrollment, ReviewCase
from enrollments.timeline import timeline
from tests.enrollments.conftest import BY, NOW, consent_claim, finding, make_program
from texture_portal.refusals import Refusal


@pytest.fixture
def user(db):
    return User.objects.create_user("rita", is_staff=True)


@pytest.fixture
def ambiguous(enroll, utility, neighbour, program):
    return enroll(finding(utility, neighbour, outcome="ambiguous"), consent=consent_claim())


def decide(verb, enrollment, user, **options):
    return verb(enrollment.open_case(), reason="The bill says so.", now=NOW + timedelta(hours=1), user=user, **options)


def test_an_ambiguous_match_waits_for_staff_with_its_candidates(ambiguous, utility, neighbour):
    case = ambiguous.open_case()
    assert (ambiguous.state, ambiguous.state_reason) == ("pending_verification", "territory_ambiguous")
    assert (case.kind, case.reason) == ("territory", "Both reach the place.")
    names = [candidate["utility"]["name"] for candidate in ambiguous.match["candidates"]]
    assert names == [utility.name, neighbour.name]


def test_a_resolved_territory_goes_back_to_discovered_and_on_from_there(ambiguous, utility, user):
    enrollment = decide(review.resolve_territory, ambiguous, user, utility=utility)
    states = [moment.after for moment in timeline(enrollment) if moment.kind == "state"]
    assert states == ["discovered", "pending_verification", "discovered", "eligible", "opted_in", "enrolled"]
    last = timeline(enrollment)[-1]
    assert (last.actor, last.actor_name, last.detail) == ("staff", "rita", "The bill says so.")
    case = enrollment.review_cases.get()
    assert (case.decision, case.decided_by, case.resolved_utility) == ("confirmed", user, utility)


def test_a_long_reason_is_kept_whole(ambiguous, utility, user):
    reason = "The customer's bill of April shows PG&E as the distributor. " * 20
    review.resolve_territory(ambiguous.open_case(), utility=utility, reason=reason, now=NOW, user=user)
    assert timeline(ambiguous)[-1].detail == reason


def test_a_rejected_territory_revokes(ambiguous, user):
    enrollment = decide(review.end_enrollment, ambiguous, user)
    assert (enrollment.state, enrollment.state_reason) == ("revoked", "territory_unsupported")


def test_a_utility_that_serves_no_homes_cannot_be_chosen(ambiguous, neighbour, user):
    neighbour.segment = "federal"
    neighbour.save()
    with pytest.raises(Refusal, match="serves no homes"):
        decide(review.resolve_territory, ambiguous, user, utility=neighbour)
    assert Enrollment.objects.get(pk=ambiguous.pk).state == "pending_verification"


def test_a_decision_needs_a_reason(ambiguous, utility, user):
    with pytest.raises(Refusal, match="needs a reason"):
        review.resolve_territory(ambiguous.open_case(), utility=utility, reason=" ", now=NOW, user=user)


def test_a_case_that_somebody_else_closed_is_not_decided_again(ambiguous, utility, user):
    stale = ambiguous.open_case()
    decide(review.resolve_territory, ambiguous, user, utility=utility)
    with pytest.raises(Refusal, match="closed already"):
        review.resolve_territory(stale, utility=utility, reason="Late", now=NOW, user=user)


def test_a_verified_account_lets_it_into_the_program(enroll, utility, user):
    make_program(utility, wants_verified_account=True)
    claimed = EligibilityClaim(account_verified=True)
    enrollment = enroll(finding(utility), consent=consent_claim(), eligibility=claimed)
    assert decide(review.verify_account, enrollment, user).state == "enrolled"


def test_a_refuted_transfer_leads_back_and_a_confirmed_one_ends_it(enroll, utility, program, user):
    for verb, state in ((review.refute_transfer, "enrolled"), (review.end_enrollment, "revoked")):
        enrollment = Enrollment.objects.locked().get(pk=enroll(finding(utility), consent=consent_claim()).pk)
        lifecycle.report_ownership_transfer(enrollment, transferred_at=NOW, now=NOW, by=BY)
        assert enrollment.state == "pending_verification"
        assert not enrollment.device.participations.live().exists()
        assert decide(verb, enrollment, user).state == state


def test_a_question_that_no_longer_stands_closes_its_case(ambiguous):
    held = Enrollment.objects.locked().get(pk=ambiguous.pk)
    lifecycle.revoke_consent(held, revoked_at=NOW, source="device_app", now=NOW, by=BY)
    assert held.state == "opted_out"
    lifecycle.revoke(held, reason="decommissioned", now=NOW, by=BY)
    assert not held.review_cases.filter(decided_at__isnull=True).exists()


@pytest.mark.parametrize(
    ("opened_at", "due"),
    [
        ("2026-05-05T16:00", "2026-05-07T16:00"),  # Tuesday to Thursday
        ("2026-05-08T16:00", "2026-05-12T16:00"),  # Friday: the weekend does not count
        ("2026-05-09T16:00", "2026-05-13T04:00"),  # Saturday: from Monday's first hour, two whole days
        ("2026-07-02T16:00", "2026-07-07T16:00"),  # Friday the 3rd is Independence Day, observed
    ],
)
def test_territory_cases_are_due_after_48_hours_of_business_days(opened_at, due):
    opened, expected = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (opened_at, due))
    assert due_at(ReviewCase.Kind.TERRITORY, opened_at=opened) == expected


def test_ownership_is_due_after_24_hours_by_the_clock():
    assert due_at(ReviewCase.Kind.OWNERSHIP, opened_at=NOW) == NOW + timedelta(hours=24)
