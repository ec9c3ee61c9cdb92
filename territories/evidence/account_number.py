"""Does the customer's account number have the form that a utility declares for its own?"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from territories.account_forms import compiled, plain
from territories.evidence.base import Place, Statement, Supplier, Suppliers
from territories.weights import weight

NAME = "account_number"
FITS = Statement(NAME, weight(f"{NAME}.fits"), "The account number has the form of its own.")
DIFFERS = Statement(NAME, weight(f"{NAME}.differs"), "The account number has not the form of its own.")


@dataclass(frozen=True, slots=True)
class AccountNumbers:
    forms: Mapping[Supplier, re.Pattern[str]]

    @classmethod
    def load(cls, suppliers: Suppliers) -> Self:
        declared = (each for each in suppliers.by_id.values() if each.account_number_form)
        return cls({each: compiled(each.account_number_form) for each in declared})

    def nominate(self, place: Place) -> Iterable[Supplier]:
        return ()

    def testify(self, place: Place, candidates: Sequence[Supplier]) -> Sequence[Statement | None]:
        number = plain(place.account_number)
        if not number or not self.forms:
            return [None] * len(candidates)
        return [self._testimony(number, each) for each in candidates]

    def _testimony(self, number: str, supplier: Supplier) -> Statement | None:
        form = self.forms.get(supplier)
        if form is None:
            return None
        return FITS if form.fullmatch(number) else DIFFERS
