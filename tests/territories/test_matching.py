"""The weighing alone: what sources say goes in, a match comes out."""

from uuid import UUID

import pytest

from territories.evidence.base import SURE, Inside, Statement, Supplier
from territories.matching import Heard, Rule, choose_overlay, decide, posterior

IOU, MUNICIPAL, CCA = "investor_owned_utility", "municipal_utility", "community_choice_aggregator"


def supplier(number, segment=IOU, **facts):
    return Supplier(UUID(int=number), f"Utility {number}", str(number), segment, share=0.9, area_km2=100.0, **facts)


def heard(number, *weights, segment=IOU, **facts):
    said = tuple(Statement(f"source_{place}", weight, f"It weighs {weight}.") for place, weight in enumerate(weights))
    return Heard(supplier(number, segment, **facts), said)


def decided(*candidates, overlays=(), **more):
    return decide(candidates, overlays, accuracy_meters=50, **more)


def test_what_stands_out_is_a_match_without_a_reason():
    match = decided(heard(1, 2.0, 1.0), heard(2, -1.9))
    assert (match.outcome, match.utility_id, match.reason) == ("matched", UUID(int=1), "")


def test_what_speaks_against_a_candidate_is_kept_but_is_no_evidence_for_it():
    (candidate, *_) = decided(heard(1, 3.0, -0.2)).candidates
    assert candidate.evidence == ("source_0",)
    assert [said.weight for said in candidate.testimony] == [3.0, -0.2]


def test_nobody_heard_is_no_match_with_the_reason():
    match = decided()
    assert (match.outcome, match.candidates) == ("no_match", ())
    assert "within 50 m" in match.reason


def test_a_candidate_for_which_next_to_nothing_speaks_is_no_match():
    assert decided(heard(1, -4.0)).outcome == "no_match"


def test_two_that_are_alike_are_ambiguous_and_the_reason_names_both():
    match = decided(heard(1, 2.0), heard(2, 2.0))
    assert (match.outcome, match.utility_id) == ("ambiguous", None)
    assert "Utility 1 (49%) and Utility 2 (49%)" in match.reason


def test_contradiction_lowers_the_score():
    agreed, contradicted = decided(heard(1, 2.0, 1.0)), decided(heard(1, 2.0, -1.8), heard(2, -1.9, 1.0))
    assert contradicted.candidates[0].score < agreed.candidates[0].score - 0.2


def test_one_of_unknown_kind_is_never_matched_and_casts_doubt():
    alone = decided(heard(1, 5.0, is_known=False))
    assert (alone.outcome, alone.utility_id) == ("no_match", None)
    assert "not known whether it serves homes" in alone.reason
    beside = decided(heard(1, 3.0, is_known=False), heard(2, 2.0))
    assert (beside.outcome, beside.utility_id) == ("ambiguous", None)


def test_outside_every_territory_less_is_sure():
    assert posterior([heard(1, 1.0)], covered=0.0)[0] < posterior([heard(1, 1.0)], covered=1.0)[0]


def test_scores_of_all_candidates_and_of_nobody_make_one():
    scores = posterior([heard(1, 2.0), heard(2, 1.0), heard(3, -3.0)])
    assert 0.9 < sum(scores) < 1


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (Rule(threshold=0.6, margin=0.3), "matched"),
        (Rule(threshold=0.8, margin=0.3), "ambiguous"),
        (Rule(threshold=0.6, margin=0.6), "ambiguous"),
    ],
)
def test_the_threshold_and_the_margin_decide(rule, outcome):
    match = decided(heard(1, 2.0), heard(2, 1.0), rule=rule)  # 0.71 and 0.26
    assert match.outcome == outcome


def test_the_same_evidence_in_another_order_gives_the_same_match():
    candidates = [heard(n, weight) for n, weight in ((1, 2.0), (2, 2.0), (3, -1.0))]
    assert decided(*candidates) == decided(*reversed(candidates))


def test_a_cca_supplies_inside_an_investor_owned_utilitys_wires():
    match = decided(heard(1, 3.0), overlays=[(supplier(9, CCA), SURE)])
    assert (match.cca_id, match.overlay.outcome) == (UUID(int=9), "matched")


def test_a_municipal_utilitys_customers_are_in_no_cca():
    match = decided(heard(1, 3.0, segment=MUNICIPAL), overlays=[(supplier(9, CCA), SURE)])
    assert (match.outcome, match.cca_id) == ("matched", None)


@pytest.mark.parametrize(
    ("probability", "outcome"), [(0.95, "matched"), (0.6, "ambiguous"), (0.3, "ambiguous"), (0.1, "no_match")]
)
def test_a_ccas_edge_has_an_ambiguity_of_its_own(probability, outcome):
    match = decided(heard(1, 3.0), overlays=[(supplier(9, CCA), Inside(probability, 10.0))])
    assert (match.outcome, match.utility_id) == ("matched", UUID(int=1))
    assert match.overlay.outcome == outcome
    assert (match.cca_id is not None) is (outcome == "matched")


def test_two_ccas_that_hold_the_place_are_in_doubt():
    overlays = [(supplier(n, CCA), SURE) for n in (8, 9)]
    overlay = choose_overlay(overlays, segment=IOU, rule=Rule())
    assert (overlay.outcome, overlay.cca_id, len(overlay.candidates)) == ("ambiguous", None, 2)
