"""Tables that name utilities by ZIP code. An older one weighs less than the newest."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from territories.evidence.base import Place, Statement, Supplier, Suppliers
from territories.models import DataSet, ZipService
from territories.weights import weight

NAME = "zip_table"
LISTED, NOT_LISTED, SILENT = (weight(f"{NAME}.{which}") for which in ("listed", "not_listed", "silent"))
HALF_LIFE_YEARS = 15.0  # customers move between utilities seldom, ZIP codes are redrawn every few years
NOBODY: frozenset[Supplier] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """`suppliers`: those it names anywhere; of one that it never names it says nothing. `strangers`: the ZIP codes for
    which it names one that has no row here, and whose customers are perhaps another's by now.
    """

    by_zip_code: dict[str, frozenset[Supplier]]
    suppliers: frozenset[Supplier]
    strangers: frozenset[str]
    listed: Statement
    not_listed: Statement
    silent: Statement

    def says(self, zip_code: str, supplier: Supplier) -> Statement | None:
        named = self.by_zip_code.get(zip_code)
        if named is not None and supplier in named:
            return self.listed
        if supplier not in self.suppliers:
            return None
        return self.not_listed if named and zip_code not in self.strangers else self.silent


@dataclass(frozen=True, slots=True)
class ZipTables:
    tables: tuple[Table, ...]

    @classmethod
    def load(cls, suppliers: Suppliers) -> Self:
        data_sets = DataSet.newest(DataSet.Kind.ZIP_TABLE)
        rows: dict[UUID, dict[str, set[Supplier]]] = {each.pk: defaultdict(set) for each in data_sets}
        strangers: dict[UUID, set[str]] = {each.pk: set() for each in data_sets}
        for data_set_id, zip_code, eia_id in ZipService.objects.values_list("data_set_id", "zip_code", "eia_id"):
            if data_set_id not in rows:
                continue
            supplier = suppliers.by_eia_id.get(eia_id)
            if supplier is not None:
                rows[data_set_id][zip_code].add(supplier)
            elif eia_id not in suppliers.without_homes:
                strangers[data_set_id].add(zip_code)
        newest = max((each.as_of_year or 0 for each in data_sets), default=0)
        return cls(
            tuple(_table(each, rows[each.pk], frozenset(strangers[each.pk]), newest=newest) for each in data_sets)
        )

    def nominate(self, place: Place) -> Iterable[Supplier]:
        return {each for table in self.tables for each in table.by_zip_code.get(place.zip_code, NOBODY)}

    def testify(self, place: Place, candidates: Sequence[Supplier]) -> Sequence[Statement | None]:
        """Of a ZIP code that no table knows none says anything: it is no less anybody's than another's."""
        if not any(place.zip_code in table.by_zip_code for table in self.tables):
            return [None] * len(candidates)
        return [self._best(place.zip_code, each) for each in candidates]

    def _best(self, zip_code: str, supplier: Supplier) -> Statement | None:
        """Several tables may know it: that which speaks most for it."""
        best = None
        for table in self.tables:
            said = table.says(zip_code, supplier)
            if said is not None and (best is None or said.weight > best.weight):
                best = said
        return best


def _table(data_set: DataSet, rows: dict[str, set[Supplier]], strangers: frozenset[str], *, newest: int) -> Table:
    trust = 0.5 ** ((newest - data_set.as_of_year) / HALF_LIFE_YEARS) if data_set.as_of_year else 1.0
    shared: dict[frozenset[Supplier], frozenset[Supplier]] = {}  # thousands of ZIP codes name the same few
    by_zip_code = {code: shared.setdefault(frozenset(ids), frozenset(ids)) for code, ids in rows.items()}
    return Table(
        by_zip_code,
        frozenset().union(*shared),
        strangers,
        Statement(NAME, trust * LISTED, f"{data_set.name} lists it for the ZIP code."),
        Statement(NAME, trust * NOT_LISTED, f"{data_set.name} lists others for the ZIP code, but not it."),
        Statement(NAME, trust * SILENT, f"{data_set.name} knows it elsewhere, and does not know the ZIP code."),
    )
