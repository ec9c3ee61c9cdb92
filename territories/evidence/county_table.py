"""Tables that name utilities by county (EIA-861's). The county is that of the ZIP code."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from territories.evidence.base import Place, Statement, Supplier, Suppliers
from territories.models import CountyService
from territories.weights import weight
from territories.zip_places import County, county_key, county_of

NAME = "county_table"
LISTED, NOT_LISTED = weight(f"{NAME}.listed"), weight(f"{NAME}.not_listed")


class Listing(NamedTuple):
    """Whom a county's rows name, and what is said of those and of the others."""

    named: frozenset[Supplier]
    listed: Statement
    not_listed: Statement


@dataclass(frozen=True, slots=True)
class CountyTables:
    """`unmapped`: those of them that have no territory, so that no boundary would nominate them."""

    by_county: Mapping[County, Listing]
    suppliers: frozenset[Supplier]
    unmapped: frozenset[Supplier]

    @classmethod
    def load(cls, suppliers: Suppliers) -> Self:
        named: dict[County, set[Supplier]] = defaultdict(set)
        for state, county, eia_id in CountyService.objects.values_list("state", "county", "eia_id"):
            supplier = suppliers.by_eia_id.get(eia_id)
            if supplier is not None:
                named[state, county_key(county)].add(supplier)
        everybody = frozenset().union(*named.values())
        listings = {county: _listing(county, frozenset(each)) for county, each in named.items()}
        return cls(listings, everybody, frozenset(each for each in everybody if not each.is_mapped))

    def nominate(self, place: Place) -> Iterable[Supplier]:
        if not self.unmapped or (listing := self.by_county.get(county_of(place.zip_code))) is None:
            return ()
        return listing.named & self.unmapped

    def testify(self, place: Place, candidates: Sequence[Supplier]) -> Sequence[Statement | None]:
        listing = self.by_county.get(county_of(place.zip_code))
        if listing is None:
            return [None] * len(candidates)
        named, listed, not_listed = listing
        return [listed if each in named else not_listed if each in self.suppliers else None for each in candidates]


def _listing(county: County, named: frozenset[Supplier]) -> Listing:
    where = f"{county[1].title()} County, {county[0]}"
    return Listing(
        named,
        Statement(NAME, LISTED, f"The county table lists it for {where}."),
        Statement(NAME, NOT_LISTED, f"The county table lists others for {where}, but not it."),
    )
