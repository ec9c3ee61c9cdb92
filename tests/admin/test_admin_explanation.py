"""Why a case is open, on its page: the candidates side by side with what each source says of them, and a map."""

import pytest
from django.urls import reverse

from enrollments import cases, together
from enrollments.admin import explanation
from enrollments.matching import explanation as explanation_of
from enrollments.models import Enrollment, ReviewCase
from tests.factories import NOW, ServiceTerritoryFactory, UtilityFactory, ambiguous, enrolled, matched_to

pytestmark = pytest.mark.django_db


def page_of(client, case):
    return client.get(reverse("admin:enrollments_reviewcase_change", args=(case.pk,)))


def case_of(enrollment):
    return ReviewCase.objects.get(enrollment=enrollment)


def say(enrollment, **statements):
    """`boundary=(2.0, -1.9)`: what a source says of each candidate, as the match keeps it."""
    ids = [each["utility"]["id"] for each in enrollment.match["candidates"]]
    enrollment.match["testimony"] = {
        id: [
            {"name": name, "weight": weights[place], "words": f"{name} of {place}."}
            for name, weights in statements.items()
            if weights[place] is not None
        ]
        for place, id in enumerate(ids)
    }
    Enrollment.objects.filter(pk=enrollment.pk).update(match=enrollment.match)
    return ReviewCase.objects.get(enrollment=enrollment)


def test_what_sets_them_apart_stands_first_with_its_weight_and_words(reviewer):
    case = say(
        ambiguous(), county_table=(0.2, 0.2), boundary=(2.0, -1.9), zip_table=(-2.8, 1.0), partner_hint=(1.0, None)
    )
    page = page_of(reviewer, case)
    assert [row.source for row in page.context["evidence"]] == ["Boundary", "ZIP table", "Partner hint", "County table"]
    assert page.context["torn"] == [
        ("For A rather than B", "Boundary, Partner hint"),
        ("For B rather than A", "ZIP table"),
        ("The same of A and B", "County table"),
    ]
    for said in ("+2.0", "-1.9", "boundary of 0.", "says nothing", "zip_table of 1."):
        assert said in page.content.decode()


def test_a_match_that_kept_names_only_shows_them(reviewer):
    page = page_of(reviewer, case_of(ambiguous()))
    told = {row.source: [cell.side for _, cell in row.cells] for row in page.context["evidence"]}
    assert told == {"Boundary": ["for", "for"], "ZIP table": ["for", "silent"]}
    assert "the partner's hint names it" in page.content.decode()


def test_candidates_without_a_boundary_are_said_to_have_none(reviewer):
    mapped, unmapped = ServiceTerritoryFactory().utility, UtilityFactory(name="Salt River")
    page = page_of(reviewer, case_of(ambiguous(mapped, unmapped)))
    assert [column.is_mapped for column in page.context["columns"]] == [True, False]
    assert "Salt River, whose boundary is not known" in page.content.decode()
    assert len(page.context["map"].areas) == 1


def test_a_name_is_text_on_the_page_and_never_markup(reviewer):
    evil = UtilityFactory(name='<script>alert("x")</script>')
    page = page_of(reviewer, case_of(ambiguous(evil, UtilityFactory())))
    assert "<script>alert" not in page.content.decode()


def test_a_question_of_another_kind_has_no_map(reviewer):
    enrollment = enrolled(finding=matched_to(UtilityFactory()))
    case = ReviewCase(enrollment=enrollment, kind=ReviewCase.Kind.CONFLICT)
    assert explanation.context(case) == {}


def test_whether_another_utility_serves_by_now_is_asked_with_the_same_evidence(reviewer):
    old, new = UtilityFactory(name="Old Power"), ServiceTerritoryFactory().utility
    enrollment = enrolled(finding=matched_to(old))
    match = explanation_of(matched_to(new))
    Enrollment.objects.filter(pk=enrollment.pk).update(match=match)
    case = cases.open_case(enrollment, kind=ReviewCase.Kind.REMATCH, reason="New data.", now=NOW)
    page = page_of(reviewer, case)
    assert [column.name for column in page.context["columns"]] == [new.name]
    assert page.context["map"] is not None
    assert "Old Power (as it is now)" in page.content.decode()


def test_cases_of_one_question_about_different_utilities_are_not_alike():
    made = []
    for _ in range(2):
        enrollment = enrolled(finding=matched_to(UtilityFactory()))
        made.append(cases.open_case(enrollment, kind=ReviewCase.Kind.REMATCH, reason="New data.", now=NOW))
    assert [together.like(case) for case in made] == [[case] for case in made]


def test_where_it_is_open_which_cca_supplies_both_pages_say_so(reviewer):
    enrollment = ambiguous()
    either = [explanation_of(matched_to(UtilityFactory(name=name)))["candidates"][0] for name in ("Sun", "Moon")]
    match = enrollment.match | {"cca": {"outcome": "ambiguous", "candidates": either}}
    Enrollment.objects.filter(pk=enrollment.pk).update(match=match)
    case = page_of(reviewer, case_of(enrollment))
    page = reviewer.get(reverse("admin:enrollments_enrollment_change", args=(enrollment.pk,)))
    for text in (case.content.decode(), page.content.decode()):
        assert "Undecided" in text
        assert "Sun (0.77), Moon (0.77)" in text


def test_the_page_loads_nothing_from_elsewhere_but_the_tiles_that_are_set(reviewer, settings):
    case = case_of(ambiguous())
    policy = page_of(reviewer, case).headers["Content-Security-Policy"]
    assert "img-src 'self' data:;" in policy
    settings.MAP_TILES_URL = "https://tiles.example.org:8443/a/{z}/{x}/{y}.png?key=k"
    page = page_of(reviewer, case)
    assert "img-src 'self' data: https://tiles.example.org:8443;" in page.headers["Content-Security-Policy"]
    assert 'href="https://tiles.example.org:8443/a/' in page.content.decode()
    assert reviewer.get("/healthz").headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_long_reason_is_kept_whole(reviewer):
    long = UtilityFactory(name="Municipal " * 25)
    case = case_of(ambiguous(long, UtilityFactory()))
    assert len(case.reason) > 255
    assert case.reason in page_of(reviewer, case).content.decode()
