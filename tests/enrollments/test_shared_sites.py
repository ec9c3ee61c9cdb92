"""A customer's devices at one address have one utility: new data, and people, change it for all of them at once."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from enrollments import review
from enrollments.correction import basis_of, correct
from enrollments.matching import find_many, site_claim
from enrollments.models import Enrollment, ReviewCase
from enrollments.timeline import timeline
from territories import index
from tests.factories import (
    ADDRESS,
    NOW,
    PartnerFactory,
    ProgramFactory,
    ServiceTerritoryFactory,
    UtilityFactory,
    enrolled,
    matched_to,
)
from texture_portal import actors
from texture_portal.ids import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_index():
    index.forget()
    yield
    index.forget()


@pytest.fixture
def newcomer():
    """By the new data its territory holds the site, with the old utility's nowhere near."""
    program = ProgramFactory()
    ServiceTerritoryFactory(utility=program.owner)
    return program


@pytest.fixture
def home():
    """Enrolls a device more of one customer at one address."""
    partner = PartnerFactory()

    def enroll(utility, **options):
        finding = options.pop("finding", None) or matched_to(utility)
        return enrolled(partner=partner, customer_reference="cust-1", finding=finding, **options)

    return enroll


@pytest.fixture
def rematch(capsys):
    def rematch():
        call_command("rematch")
        return capsys.readouterr().out

    return rematch


def now_of(enrollment):
    return Enrollment.objects.select_related("site").get(pk=enrollment.pk)


def programs_of(enrollment):
    return [each.program_id for each in enrollment.device.participations.filter(left_at__isnull=True)]


def open_cases():
    return list(ReviewCase.objects.filter(decided_at__isnull=True))


def test_all_at_the_site_move_together(newcomer, home, rematch):
    old = UtilityFactory()
    devices = [home(old) for _ in range(3)]
    assert "and 2 more at the site" in rematch()
    assert {now_of(each).state for each in devices} == {"enrolled"}
    assert [programs_of(each) for each in devices] == [[newcomer.pk]] * 3
    assert "->" not in rematch()


def test_one_that_would_lose_a_program_keeps_all_where_they_are_until_a_person_says_where(newcomer, home, rematch):
    old = ProgramFactory().owner
    without = home(old, consent=None)
    loser = home(old)
    assert "(review)" in rematch()
    (case,) = open_cases()
    assert case.enrollment == loser
    assert {now_of(each).site.utility_id for each in (without, loser)} == {old.pk}
    staff = User.objects.create_user("reviewer")
    review.resolve_territory(case, utility=newcomer.owner, reason="The new map is right.", now=NOW, user=staff)
    assert programs_of(loser) == [newcomer.pk]
    followed = now_of(without)
    assert followed.site.utility_id == newcomer.owner_id
    assert "The new map is right." in [each.detail for each in timeline(followed)]
    assert "->" not in rematch()


def test_a_person_is_asked_of_each_that_would_lose_and_answers_once(newcomer, home, rematch):
    old = ProgramFactory().owner
    devices = [home(old) for _ in range(2)]
    rematch()
    first, _ = open_cases()
    staff = User.objects.create_user("reviewer")
    review.resolve_territory(first, utility=newcomer.owner, reason="The new map is right.", now=NOW, user=staff)
    assert open_cases() == []
    assert [programs_of(each) for each in devices] == [[newcomer.pk]] * 2


def test_hints_that_contradict_each_other_do_not_move_a_site_to_and_fro(home, rematch):
    one, other = (ServiceTerritoryFactory().utility for _ in range(2))
    home(one, finding=matched_to(one, hint={"eiaId": one.eia_id}))
    home(one, finding=matched_to(one, hint={"eiaId": other.eia_id}))
    rematch()
    assert "->" not in rematch()


def test_what_a_person_decided_stays_when_another_device_comes(newcomer, home):
    first = home(UtilityFactory(), finding=matched_to(UtilityFactory(), UtilityFactory()))
    decided = UtilityFactory()
    staff = User.objects.create_user("reviewer")
    (case,) = open_cases()
    review.resolve_territory(case, utility=decided, reason="On the bill.", now=NOW, user=staff)
    for finding in (matched_to(newcomer.owner), matched_to(newcomer.owner, UtilityFactory())):
        later = home(newcomer.owner, finding=finding)
        assert now_of(later).site.utility_id == decided.pk
        assert open_cases() == []
    assert now_of(first).site.decided_at == NOW


def test_a_corrected_address_answers_the_question(newcomer, rematch):
    enrollment = enrolled()
    rematch()
    (case,) = open_cases()
    enrollment = Enrollment.objects.locked().get(pk=enrollment.pk)
    claim = replace(site_claim(enrollment), address=replace(ADDRESS, street_one="3503 Civic Center Dr"))
    (finding,) = find_many([claim], pointer="/site/address")
    by = actors.partner(enrollment.partner_id, request_id=new_id())
    correct(enrollment, {}, finding=finding, basis=basis_of(enrollment), now=NOW, by=by)
    case.refresh_from_db()
    assert (case.decision, case.decided_by) == ("moot", None)
    assert programs_of(enrollment) == [newcomer.pk]


def test_a_question_of_older_data_closes_when_newer_data_no_longer_asks_it(newcomer, rematch):
    enrollment = enrolled()
    rematch()
    newcomer.owner.territories.update(utility=enrollment.site.utility)
    index.forget()
    rematch()
    assert open_cases() == []
    assert now_of(enrollment).state == "enrolled"
