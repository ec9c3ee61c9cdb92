"""The boundary: is the home inside it, given how well the place and the edge are known?"""

import math
from collections.abc import Iterable, Sequence
from typing import Self

from territories.evidence.base import SURE, Inside, Place, Statement, Supplier, Suppliers, distance
from territories.weights import weight

INSIDE, OUTSIDE, UNMAPPED = map(weight, ("boundary.inside", "boundary.outside", "boundary.unmapped"))
NAME = "boundary"
WELL_INSIDE = Statement(NAME, INSIDE, "The place lies well inside its territory.")
FAR_OUTSIDE = Statement(NAME, OUTSIDE, "The place lies far outside its territory.")
NOT_MAPPED = Statement(NAME, UNMAPPED, "Its territory there was never published.")
ODDS_INSIDE, ODDS_OUTSIDE = math.exp(INSIDE), math.exp(OUTSIDE)


class Boundaries:
    @classmethod
    def load(cls, suppliers: Suppliers) -> Self:
        return cls()

    def nominate(self, place: Place) -> Iterable[Supplier]:
        return place.inside

    def testify(self, place: Place, candidates: Sequence[Supplier]) -> Sequence[Statement | None]:
        return [_testimony(place, each) for each in candidates]


def _testimony(place: Place, supplier: Supplier) -> Statement:
    inside = place.inside.get(supplier)
    if inside is SURE:
        return WELL_INSIDE
    if not supplier.is_mapped or place.zip_code in supplier.unmapped_zip_codes:
        return NOT_MAPPED
    if inside is None:
        return FAR_OUTSIDE
    odds = inside.probability * ODDS_INSIDE + (1 - inside.probability) * ODDS_OUTSIDE
    return Statement(NAME, math.log(odds), _words(inside, place.accuracy_meters))


def _words(inside: Inside, accuracy_meters: float) -> str:
    if inside.distance is None:
        return (
            f"Its territory holds {inside.probability:.0%} of the disc of {distance(accuracy_meters)} "
            "in which the place lies."
        )
    side = "inside" if inside.distance >= 0 else "outside"
    return (
        f"The place lies {distance(abs(inside.distance))} {side} its territory's edge, "
        f"known to {distance(accuracy_meters)}."
    )
