"""What the sources of evidence speak about, and what they say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self
from uuid import UUID


class Statement(NamedTuple):
    """What one source says of one candidate. `weight`: logarithm of odds (`territories.weights`)."""

    name: str
    weight: float
    words: str


class Inside(NamedTuple):
    """How a place lies to a territory. `distance`: metres to the edge, negative outside; None: far from it.

    `probability`: that the home is inside, since both the place and the edge are known only so well.
    """

    probability: float
    distance: float | None


SURE = Inside(1.0, None)


NOMINAL_SHARE = 0.002


@dataclass(frozen=True, slots=True, eq=False)
class Supplier:
    """One utility, the same at every place; one object of it in a snapshot.

    `share`: of the homes in its territory, how many are its customers. `area_km2`: of its territory, 0 where it has
    none. `is_known`: it is known to have homes for customers. `unmapped_zip_codes`: where a table names it through a
    predecessor whose territory was never published.
    """

    utility_id: UUID
    name: str
    eia_id: str | None
    segment: str
    share: float
    area_km2: float
    states: frozenset[str] = frozenset()
    is_known: bool = True
    account_number_form: str = ""
    unmapped_zip_codes: frozenset[str] = frozenset()
    predecessors: tuple[str, ...] = ()

    @property
    def is_nominal(self) -> bool:
        """It claims land, not homes."""
        return self.share < NOMINAL_SHARE

    @property
    def is_mapped(self) -> bool:
        return self.area_km2 > 0


@dataclass(frozen=True, slots=True)
class Suppliers:
    """`standing`: who stands today for a utility's row, by its id. `by_name`: its own name and its predecessors'.
    `without_homes`: the EIA ids of those that are known and are none of these.
    """

    by_id: Mapping[UUID, Supplier]
    by_eia_id: Mapping[str, Supplier]
    by_name: Sequence[tuple[str, Supplier]]
    standing: Mapping[UUID, Supplier]
    without_homes: frozenset[str] = frozenset()


class Place(NamedTuple):
    """Where a home is, and what is said of it. `inside`: the territories near it, by supplier."""

    latitude: float
    longitude: float
    accuracy_meters: float
    zip_code: str
    state: str
    inside: Mapping[Supplier, Inside]
    utility_hint: Mapping[str, Any] = {}
    account_number: str = ""


class Source(Protocol):
    @classmethod
    def load(cls, suppliers: Suppliers) -> Self:
        """Reads what it needs of the database."""

    def nominate(self, place: Place) -> Iterable[Supplier]:
        """Whom it would not leave out."""

    def testify(self, place: Place, candidates: Sequence[Supplier]) -> Sequence[Statement | None]:
        """One for each candidate, in their order; None where it has nothing to say of that one."""


def distance(meters: float) -> str:
    return f"{meters:.0f} m" if meters < 1000 else f"{meters / 1000:.1f} km"
