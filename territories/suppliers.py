"""The utilities as evidence sees them: who may serve homes, who stands for whom, and what each is like."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from territories.evidence.base import Supplier, Suppliers
from territories.models import CountyService, Utility, ZipService
from territories.models.utility import RETAIL_SEGMENTS, Segment


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a utility's territory, with its predecessors', says of it."""

    area_km2: float
    share: float


# Where tables name a utility without a territory, nothing more is known of it: every other home, say.
UNMAPPED = Mapped(area_km2=0.0, share=0.5)


def load_suppliers(
    utilities: Mapping[UUID, Utility], *, mapped: Mapping[UUID, Mapped], with_territory: frozenset[UUID]
) -> Suppliers:
    """`mapped`: by the id of the utility that stands for them. `with_territory`: rows that have one of their own."""
    tables = _Tables.read()
    stands_for = {pk: utility.standing().pk for pk, utility in utilities.items()}
    gone: dict[UUID, list[Utility]] = defaultdict(list)
    for pk, standing_pk in stands_for.items():
        if standing_pk != pk:
            gone[standing_pk].append(utilities[pk])
    by_id = {}
    for pk in dict.fromkeys(stands_for.values()):
        is_known = _kind(utilities[pk], tables)
        if is_known is not None:
            unmapped = [each for each in gone[pk] if each.pk not in with_territory]
            its_own = mapped.get(pk, UNMAPPED)
            by_id[pk] = _supplier(utilities[pk], gone[pk], unmapped, its_own, tables, is_known=is_known)
    standing = {pk: by_id[standing_pk] for pk, standing_pk in stands_for.items() if standing_pk in by_id}
    named = [utility for utility in utilities.values() if utility.eia_id]
    return Suppliers(
        by_id,
        {utility.eia_id: standing[utility.pk] for utility in named if utility.eia_id and utility.pk in standing},
        [(utility.name, standing[pk]) for pk, utility in utilities.items() if pk in standing],
        standing,
        frozenset(utility.eia_id for utility in named if utility.eia_id and utility.pk not in standing),
    )


def _supplier(
    utility: Utility,
    gone: Iterable[Utility],
    unmapped: Iterable[Utility],
    its_own: Mapped,
    tables: "_Tables",
    *,
    is_known: bool,
) -> Supplier:
    """`gone`: the utilities merged into it; `unmapped`: those of them whose territory was never published."""
    return Supplier(
        utility.pk,
        utility.name,
        utility.eia_id,
        utility.segment,
        share=its_own.share,
        area_km2=its_own.area_km2,
        states=_states(utility, tables).union(*(_states(each, tables) for each in gone)),
        is_known=is_known,
        account_number_form=utility.account_number_form,
        unmapped_zip_codes=tables.zip_codes_of(each.eia_id for each in unmapped),
        predecessors=tuple(sorted(each.name for each in gone)),
    )


@dataclass(frozen=True, slots=True)
class _Tables:
    in_zip_table: frozenset[str]
    states: Mapping[str, frozenset[str]]

    @classmethod
    def read(cls) -> "_Tables":
        states: dict[str, set[str]] = defaultdict(set)
        for eia_id, state in CountyService.objects.values_list("eia_id", "state").distinct():
            states[eia_id].add(state)
        listed = ZipService.objects.values_list("eia_id", flat=True).distinct()
        return cls(frozenset(listed), {eia_id: frozenset(each) for eia_id, each in states.items()})

    def zip_codes_of(self, eia_ids: Iterable[str | None]) -> frozenset[str]:
        named = [eia_id for eia_id in eia_ids if eia_id]
        if not named:
            return frozenset()
        return frozenset(ZipService.objects.filter(eia_id__in=named).values_list("zip_code", flat=True))


def _kind(utility: Utility, tables: _Tables) -> bool | None:
    """True: it serves homes. None: it serves none. False: both tables name it, yet its kind is not known.

    Such a one is never matched, but where it may serve, another's claim is in doubt.
    """
    if utility.serves_homes:
        return True
    in_both = utility.eia_id in tables.in_zip_table and utility.eia_id in tables.states
    may = utility.segment in RETAIL_SEGMENTS or utility.segment == Segment.UNKNOWN
    return False if may and in_both else None


def _states(utility: Utility, tables: _Tables) -> frozenset[str]:
    """Those of its jurisdiction, and those in which the county table knows it."""
    declared = frozenset(part.strip().upper() for part in utility.jurisdiction.split(",") if part.strip())
    return declared | tables.states.get(utility.eia_id or "", frozenset())
