"""`manage.py rematch`: new data moves what may move, and asks of people what would lose a program."""

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from enrollments import review
from enrollments.models import Enrollment, ReviewCase
from enrollments.timeline import timeline
from territories import index
from territories.sites import decide_site
from tests.factories import (
    NOW,
    ProgramFactory,
    ServiceTerritoryFactory,
    UtilityFactory,
    enrolled,
    matched_to,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_index():
    index.forget()
    yield
    index.forget()


@pytest.fixture
def rematch(capsys):
    def rematch(*options):
        call_command("rematch", *options)
        return capsys.readouterr().out

    return rematch


@pytest.fixture
def newcomer():
    """By the new data its territory holds the site, with the old utility's nowhere near."""
    program = ProgramFactory()
    ServiceTerritoryFactory(utility=program.owner)
    return program


def now_of(enrollment):
    return Enrollment.objects.select_related("site").get(pk=enrollment.pk)


def test_without_a_program_to_lose_it_moves_and_joins_those_of_its_new_utility(newcomer, rematch):
    enrollment = enrolled(finding=matched_to(UtilityFactory()))
    assert enrollment.state == "discovered"
    said = rematch()
    assert f"-> {newcomer.owner} (move)" in said
    moved = now_of(enrollment)
    assert (moved.state, moved.site.utility_id) == ("enrolled", newcomer.owner_id)
    assert "By the data in force" in str([each.detail for each in timeline(moved)])


def test_a_dry_run_says_the_same_and_changes_nothing(newcomer, rematch):
    enrollment = enrolled(finding=matched_to(UtilityFactory()))
    said = rematch("--dry-run")
    assert f"-> {newcomer.owner} (move)" in said
    assert "a dry run" in said
    assert now_of(enrollment).site.utility_id == enrollment.site.utility_id


def test_a_live_enrollment_that_would_lose_a_program_is_a_question_for_staff_asked_once(newcomer, rematch):
    enrollment = enrolled()
    assert "(review)" in rematch()
    (case,) = ReviewCase.objects.filter(enrollment=enrollment)
    assert case.kind == ReviewCase.Kind.REMATCH
    assert newcomer.owner.name in case.reason
    assert now_of(enrollment).state == "enrolled"
    assert "(review)" not in rematch()
    assert ReviewCase.objects.count() == 1


def test_a_person_settles_it_and_the_programs_follow(newcomer, rematch):
    enrollment = enrolled()
    rematch()
    (case,) = ReviewCase.objects.filter(enrollment=enrollment)
    staff = User.objects.create_user("reviewer")
    review.resolve_territory(case, utility=newcomer.owner, reason="The new map is right.", now=NOW, user=staff)
    moved = now_of(enrollment)
    assert (moved.state, moved.site.utility_id) == ("enrolled", newcomer.owner_id)
    live = moved.device.participations.filter(left_at__isnull=True)
    assert [each.program_id for each in live] == [newcomer.pk]


def test_a_person_who_keeps_the_old_utility_is_not_asked_again(newcomer, rematch):
    enrollment = enrolled()
    rematch()
    (case,) = ReviewCase.objects.filter(enrollment=enrollment)
    staff = User.objects.create_user("reviewer")
    kept = enrollment.site.utility
    review.resolve_territory(case, utility=kept, reason="The new map is wrong here.", now=NOW, user=staff)
    assert now_of(enrollment).state == "enrolled"
    assert "(review)" not in rematch()


def test_what_a_person_decided_stays(newcomer, rematch):
    enrollment = enrolled(finding=matched_to(UtilityFactory()))
    decide_site(enrollment.site, utility=enrollment.site.utility, now=NOW)
    assert "->" not in rematch()


def test_a_run_that_was_stopped_is_run_again(newcomer, rematch):
    for _ in range(3):
        enrolled(finding=matched_to(UtilityFactory()))
    assert rematch().count("(move)") == 3
    assert rematch().count("(move)") == 0
