"""What reviewers decided of homes nearby."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from territories.evidence.base import Place, Statement, Supplier, Suppliers
from territories.geocoding.base import meters_between
from territories.models import Site
from territories.weights import weight

NAME = "reviewer_decision"
SAME = weight(f"{NAME}.same")
NEAR_METERS = 400.0  # a few houses on either side of an edge that is drawn to 500 m
CELL_DEGREES = 0.01  # of longitude that is still 470 m in Fairbanks, so the neighbouring cells suffice
Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ReviewerDecisions:
    """`decided`: places (latitude, longitude) and the utility that a person said serves there, by cell of a grid."""

    decided: Mapping[Cell, Sequence[tuple[float, float, Supplier]]]

    @classmethod
    def load(cls, suppliers: Suppliers) -> Self:
        rows = Site.objects.filter(decided_at__isnull=False)
        decided: dict[Cell, list[tuple[float, float, Supplier]]] = defaultdict(list)
        for latitude, longitude, utility_id in rows.values_list("latitude", "longitude", "utility_id"):
            supplier = suppliers.standing.get(utility_id)
            if supplier is not None and latitude is not None and longitude is not None:
                decided[_cell(latitude, longitude)].append((latitude, longitude, supplier))
        return cls(dict(decided))

    def nominate(self, place: Place) -> Iterable[Supplier]:
        return [supplier for _, supplier in self._near(place)] if self.decided else ()

    def testify(self, place: Place, candidates: Sequence[Supplier]) -> Sequence[Statement | None]:
        if not self.decided or not (near := self._near(place)):
            return [None] * len(candidates)
        return [_testimony([away for away, supplier in near if supplier is each]) for each in candidates]

    def _near(self, place: Place) -> list[tuple[float, Supplier]]:
        """(metres away, whose). A place that is known to kilometres has no neighbours."""
        if place.accuracy_meters > NEAR_METERS:
            return []
        here = place.latitude, place.longitude
        row, column = _cell(*here)
        cells = [(row + i, column + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        found = [
            (meters_between(here, (latitude, longitude)), supplier)
            for cell in cells
            for latitude, longitude, supplier in self.decided.get(cell, ())
        ]
        return [each for each in found if each[0] <= NEAR_METERS]


def _testimony(distances: Sequence[float]) -> Statement | None:
    """The first decision says most: two say half as much again, and ten not twice as much."""
    if not distances:
        return None
    nearest, count = min(distances), len(distances)
    words = (
        f"A reviewer decided for it {nearest:.0f} m away."
        if count == 1
        else (f"Reviewers decided for it {count} times within {NEAR_METERS:.0f} m, the nearest {nearest:.0f} m away.")
    )
    return Statement(NAME, SAME * (2 - 0.5 ** (count - 1)) * (1 - nearest / NEAR_METERS / 2), words)


def _cell(latitude: float, longitude: float) -> Cell:
    return math.floor(latitude / CELL_DEGREES), math.floor(longitude / CELL_DEGREES)
