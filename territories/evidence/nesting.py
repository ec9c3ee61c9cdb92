"""Territories within territories: who of those that claim a place has customers for the homes in it?

The smallest territory takes first: a town's own utility serves the share of the town's homes that its customers are,
and what it leaves falls to the next larger one around it. An agency that claims half the West for 200 customers takes
nothing, and leaves everything.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

from territories.evidence.base import NOMINAL_SHARE, Place, Statement, Supplier, Suppliers
from territories.weights import weight

NAME = "nesting"
INSIDE_ODDS, OUTSIDE_ODDS = math.exp(weight("boundary.inside")), math.exp(weight("boundary.outside"))
LEAST_PART = 1e-4
WORTH_A_WORD = 0.9


class Claim(NamedTuple):
    supplier: Supplier
    probability: float  # that the home is inside its territory as published

    def together_with(self, other: "Claim") -> float:
        """If it serves the home, how surely the home is inside the other's territory too.

        At a border between neighbours hardly; where it serves in spite of its boundary, that is as sure as it is.
        """
        within, beyond = self.probability * INSIDE_ODDS, (1 - self.probability) * OUTSIDE_ODDS
        both = max(0.0, self.probability + other.probability - 1) * INSIDE_ODDS
        return (both + beyond * other.probability) / (within + beyond)


class Part(NamedTuple):
    """Of the homes at a place: the part that a claimant would serve, and which smaller one takes most of the rest."""

    claim: Claim
    part: float
    smaller: Supplier | None
    taken: float


class Nesting:
    @classmethod
    def load(cls, suppliers: Suppliers) -> Self:
        return cls()

    def nominate(self, place: Place) -> Iterable[Supplier]:
        return ()

    def testify(self, place: Place, candidates: Sequence[Supplier]) -> Sequence[Statement | None]:
        claims = [Claim(each, _probability(place, each)) for each in candidates]
        holding = [claim for claim in claims if claim.probability and claim.supplier.is_known]
        if not holding or (len(claims) == 1 and not claims[0].supplier.is_nominal):
            return [None] * len(candidates)
        parts = [_part(claim, holding) for claim in claims]
        greatest = [part for part in parts if part.claim.probability]
        return [_statement(part, greatest) for part in parts]


def _probability(place: Place, supplier: Supplier) -> float:
    inside = place.inside.get(supplier)
    return inside.probability if inside else 0.0


def _part(claim: Claim, claims: Sequence[Claim]) -> Part:
    """What the smaller ones leave of its own share. One of nearly its own size takes nothing: it is a neighbour."""
    supplier = claim.supplier
    left, smaller, most = 1.0, None, 0.0
    for other in claims:
        if other.supplier.area_km2 < supplier.area_km2:
            together = claim.together_with(other)
            taken = together * other.supplier.share * (1 - other.supplier.area_km2 / supplier.area_km2)
            left *= 1 - taken
            if taken > most:
                smaller, most = other.supplier, taken
    return Part(claim, max(LEAST_PART, supplier.share * left), smaller, most)


def _statement(own: Part, others: Sequence[Part]) -> Statement | None:
    """Against the greatest part: where only one has its territory, its customers need not be many."""
    supplier, greatest = own.claim.supplier, own.part
    for other in others:
        if other.part > greatest:
            together = own.claim.together_with(other.claim)
            greatest = max(greatest, together * other.part + (1 - together) * own.part)
    relative = own.part / greatest * min(1.0, own.part / NOMINAL_SHARE)
    if relative >= WORTH_A_WORD:
        return None
    words = f"{_percent(supplier.share)} of the homes in its territory are its customers"
    if own.smaller is not None and own.taken > WORTH_A_WORD / 2:
        words += f", and {own.smaller.name}, within it, serves {_percent(own.taken).lower()} of those here"
    return Statement(NAME, math.log(relative), f"{words}.")


def _percent(share: float) -> str:
    return "Fewer than 1 %" if share < 0.01 else f"About {100 * share:.0f} %"
