"""What kind of utility it is, and which stands for which: agencies and wholesalers serve no homes, a merged utility
stands for nothing but its successor.

Those are no candidates at all (`territories.suppliers`); here is what remains to be said of those that are.
"""

from collections.abc import Iterable, Sequence
from typing import Self

from territories.evidence.base import Place, Statement, Supplier, Suppliers
from territories.weights import weight

NAME = "segment"
UNKNOWN = Statement(NAME, weight("segment.unknown"), "Its kind is not known: it may have no homes for customers.")


class Segments:
    @classmethod
    def load(cls, suppliers: Suppliers) -> Self:
        return cls()

    def nominate(self, place: Place) -> Iterable[Supplier]:
        return ()

    def testify(self, place: Place, candidates: Sequence[Supplier]) -> Sequence[Statement | None]:
        return [_testimony(place, each) for each in candidates]


def _testimony(place: Place, supplier: Supplier) -> Statement | None:
    if not supplier.is_known:
        return UNKNOWN
    if place.zip_code in supplier.unmapped_zip_codes:
        return Statement(NAME, 0.0, f"It stands for {', '.join(supplier.predecessors)}, merged into it.")
    return None
