"""The weighing alone: values in, values out."""

from uuid import UUID

import pytest

from territories.matching import Claim, decide, overlay

IOU, MUNICIPAL = "investor_owned_utility", "municipal_utility"


def claim(number, segment=IOU, **facts):
    return Claim(UUID(int=number), f"Utility {number}", str(number), segment, **facts)


def decided(*claims, overlays=()):
    return decide(claims, overlays, accuracy_meters=50)


def test_one_territory_that_covers_the_disc_is_a_match():
    match = decided(claim(1, contains=True, covers=True))
    assert (match.outcome, match.utility_id, match.reason) == ("matched", UUID(int=1), "")
    (candidate,) = match.candidates
    assert candidate.evidence == ("boundary", "whole_disc")
    assert candidate.score >= 0.8


def test_no_territory_and_no_table_is_no_match_with_the_reason():
    match = decided()
    assert (match.outcome, match.candidates) == ("no_match", ())
    assert "within 50 m" in match.reason


def test_a_utility_that_only_the_zip_table_names_is_for_a_reviewer():
    match = decided(claim(1, touches=False, in_zip_table=True))
    assert (match.outcome, match.utility_id) == ("ambiguous", None)
    assert "the ZIP table names Utility 1" in match.reason


def test_of_two_territories_the_one_that_the_zip_table_names_is_a_match():
    match = decided(claim(1, contains=True, covers=True), claim(2, contains=True, covers=True, in_zip_table=True))
    assert (match.outcome, match.utility_id) == ("matched", UUID(int=2))
    assert [candidate.utility_id for candidate in match.candidates] == [UUID(int=2), UUID(int=1)]
    assert "zip_table" in match.candidates[0].evidence


@pytest.mark.parametrize(
    ("named", "why"),
    [((), "names none of them"), ((1, 2), "names Utility 1 and Utility 2")],
)
def test_two_territories_that_the_zip_table_does_not_tell_apart_are_ambiguous(named, why):
    match = decided(*(claim(n, contains=True, covers=True, in_zip_table=n in named) for n in (1, 2)))
    assert (match.outcome, match.utility_id) == ("ambiguous", None)
    assert why in match.reason


def test_the_zip_tables_utility_must_contain_the_place():
    match = decided(claim(1, contains=True), claim(2, in_zip_table=True))
    assert match.outcome == "ambiguous"
    assert "does not contain it" in match.reason


def test_a_lone_territory_that_only_touches_the_disc_is_ambiguous():
    match = decided(claim(1))
    assert match.outcome == "ambiguous"
    assert "outside Utility 1's territory" in match.reason


def test_a_hint_raises_a_score_and_decides_nothing():
    without = decided(claim(1, contains=True, covers=True), claim(2, contains=True, covers=True))
    hinted = decided(claim(1, contains=True, covers=True), claim(2, contains=True, covers=True, hinted=True))
    assert hinted.outcome == without.outcome == "ambiguous"
    assert hinted.candidates[0].utility_id == UUID(int=2)
    assert hinted.candidates[0].score > without.candidates[0].score
    assert "partner_hint" in hinted.candidates[0].evidence


def test_scores_are_between_0_and_1_to_two_decimals():
    match = decided(claim(1, contains=True, covers=True, in_zip_table=True, hinted=True), claim(2))
    for candidate in match.candidates:
        assert 0 < candidate.score <= 1
        assert round(candidate.score, 2) == candidate.score


def test_the_same_evidence_in_another_order_gives_the_same_match():
    claims = [claim(n, contains=n > 1, in_zip_table=n == 3) for n in (1, 2, 3)]
    assert decided(*claims) == decided(*reversed(claims))


def test_a_cca_supplies_inside_an_investor_owned_utilitys_wires():
    cca = claim(9, "community_choice_aggregator", contains=True, covers=True)
    assert decided(claim(1, contains=True, covers=True), overlays=[cca]).cca_id == UUID(int=9)


def test_a_municipal_utilitys_customers_are_in_no_cca():
    cca = claim(9, "community_choice_aggregator", contains=True, covers=True)
    assert decided(claim(1, MUNICIPAL, contains=True, covers=True), overlays=[cca]).cca_id is None


@pytest.mark.parametrize("facts", [{"contains": True}, {}])
def test_a_doubtful_ccas_edge_is_no_cca_and_no_ambiguity(facts):
    match = decided(claim(1, contains=True, covers=True), overlays=[claim(9, "community_choice_aggregator", **facts)])
    assert (match.outcome, match.cca_id) == ("matched", None)


def test_two_ccas_that_contain_the_place_are_in_doubt():
    ccas = [claim(n, contains=True, covers=True) for n in (8, 9)]
    assert overlay(ccas, segment=IOU) is None
