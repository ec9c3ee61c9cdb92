"""The state of the address against the states that a utility is known to serve in."""

from collections.abc import Iterable, Sequence
from typing import Self

from territories.evidence.base import Place, Statement, Supplier, Suppliers
from territories.weights import weight

NAME = "jurisdiction"
OTHER_STATE = weight("jurisdiction.other_state")


class Jurisdictions:
    @classmethod
    def load(cls, suppliers: Suppliers) -> Self:
        return cls()

    def nominate(self, place: Place) -> Iterable[Supplier]:
        return ()

    def testify(self, place: Place, candidates: Sequence[Supplier]) -> Sequence[Statement | None]:
        return [_testimony(place.state, each) for each in candidates]


def _testimony(state: str, supplier: Supplier) -> Statement | None:
    if not state or not supplier.states or state in supplier.states:
        return None
    return Statement(NAME, OTHER_STATE, f"It is known in {', '.join(sorted(supplier.states))}, not in {state}.")
