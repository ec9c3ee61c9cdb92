"""Which utility the partner named (`site.utilityHint`): evidence, never the last word."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from territories.addresses import abbreviated
from territories.evidence.base import Place, Statement, Supplier, Suppliers
from territories.weights import weight

NAMED = Statement("partner_hint", weight("partner_hint.named"), "The partner named it.")


@dataclass(frozen=True, slots=True)
class PartnerHints:
    by_eia_id: Mapping[str, Supplier]
    by_name: Mapping[str, frozenset[Supplier]]

    @classmethod
    def load(cls, suppliers: Suppliers) -> Self:
        names: dict[str, set[Supplier]] = defaultdict(set)
        for name, supplier in suppliers.by_name:
            names[abbreviated(name)].add(supplier)
        names.pop("", None)
        return cls(
            suppliers.by_eia_id,
            {name: frozenset(ids) for name, ids in names.items()},
        )

    def nominate(self, place: Place) -> Iterable[Supplier]:
        return ()

    def testify(self, place: Place, candidates: Sequence[Supplier]) -> Sequence[Statement | None]:
        named = self._named(place.utility_hint) if place.utility_hint else ()
        return [NAMED if each in named else None for each in candidates]

    def _named(self, hint: Mapping[str, Any]) -> frozenset[Supplier]:
        by_id = self.by_eia_id.get(str(hint.get("eiaId") or "").strip())
        by_name = self.by_name.get(abbreviated(str(hint.get("name") or "")), frozenset())
        return by_name | {by_id} if by_id else by_name
