"""One reading of the database: everything that a match needs to know of a place, in memory."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, DecimalField, Max, Sum
from django.db.models.functions import Extract

from territories.areas import Areas, draw, index_areas
from territories.evidence.base import Inside, Place, Source, Supplier, Suppliers
from territories.evidence.reviewer_decision import ReviewerDecisions
from territories.evidence.sources import SOURCES
from territories.homes import mapped
from territories.matching import Heard
from territories.models import DataSet, ServiceTerritory, Site, Utility
from territories.models.utility import Segment
from territories.suppliers import load_suppliers

# Where an import did not say how far its boundaries may be off.
EDGE_ERROR_METERS = {DataSet.Kind.TERRITORIES: 500.0, DataSet.Kind.CCA_TERRITORIES: 50.0}


class State(NamedTuple):
    """Of the database. `data` differs whenever an import or a person changed what a match may depend on; `decisions`
    whenever a reviewer decided, which is read in no time.
    """

    data: tuple[int, int, Decimal]
    decisions: tuple[int, Any]


def state_in_force() -> State:
    data_sets = DataSet.objects.aggregate(n=Count("pk"))["n"]
    # a sum, since transactions need not commit in the order of their times; to the microsecond, so no integer
    utilities = Utility.objects.aggregate(
        n=Count("pk"), changed=Sum(Extract("updated_at", "epoch"), output_field=DecimalField())
    )
    decisions = Site.objects.filter(decided_at__isnull=False).aggregate(n=Count("pk"), last=Max("decided_at"))
    return State((data_sets, utilities["n"], utilities["changed"] or Decimal(0)), (decisions["n"], decisions["last"]))


@dataclass(frozen=True, slots=True)
class Index:
    """`areas` of utilities with wires and of CCAs alike; `ccas`: those of their owners that are CCAs."""

    state: State
    data_sets: tuple[str, ...]
    areas: Areas
    ccas: frozenset[Supplier]
    suppliers: Suppliers
    sources: tuple[Source, ...]
    utilities: Mapping[UUID, Utility]

    def place(self, latitude: float, longitude: float, accuracy_meters: float, **said: object) -> Place:
        """`said`: the fields of a `Place` beside where it is."""
        inside = self.areas.around(latitude, longitude, accuracy_meters)
        return Place(latitude, longitude, accuracy_meters, inside=inside, **said)  # type: ignore[arg-type]

    def hear(self, place: Place) -> list[Heard]:
        """Every utility that a source would not leave out, with what all of them say of it."""
        nominated: set[Supplier] = set()
        for source in self.sources:
            nominated.update(source.nominate(place))
        candidates = list(nominated - self.ccas)
        said = [source.testify(place, candidates) for source in self.sources]
        return [
            Heard(candidate, tuple([each for each in column if each is not None]))
            for candidate, column in zip(candidates, zip(*said, strict=True), strict=True)
        ]

    def covered(self, place: Place, heard: Sequence[Heard]) -> float:
        """How likely the place is in the territory of any that has homes for customers there."""
        outside = 1.0
        for supplier, _ in heard:
            if place.zip_code in supplier.unmapped_zip_codes:
                return 1.0
            inside = place.inside.get(supplier)
            if inside is not None and not supplier.is_nominal:
                outside *= 1 - inside.probability
        return 1 - outside

    def overlays(self, place: Place) -> list[tuple[Supplier, Inside]]:
        return [(each, inside) for each, inside in place.inside.items() if each in self.ccas]


def load_index(state: State, *, before: Index | None = None) -> Index:
    """`before`: what is in memory already. What is the same is kept: all but reviewers' decisions, or shapes alone."""
    if before is not None and before.state.data == state.data:
        return replace(before, state=state, sources=_with_decisions(before))
    return _load_all(state, before=before)


def _with_decisions(index: Index) -> tuple[Source, ...]:
    return tuple(
        ReviewerDecisions.load(index.suppliers) if isinstance(each, ReviewerDecisions) else each
        for each in index.sources
    )


def _load_all(state: State, *, before: Index | None) -> Index:
    # Territories before utilities: whatever a territory refers to is then sure to be found.
    territories = list(
        ServiceTerritory.objects.order_by("pk").values_list(
            "utility_id", "boundary", "data_set__edge_error_meters", "data_set__kind"
        )
    )
    utilities = _with_successors(Utility.objects.all())
    owned = _owned(territories, utilities)
    drawn = draw(
        [each.boundaries for each in owned.values()],
        [each.edge_error for each in owned.values()],
        before=before.areas.drawn if before else None,
    )
    suppliers = load_suppliers(
        utilities,
        mapped={
            pk: mapped(shape, customers=utilities[pk].customer_count, segment=utilities[pk].segment)
            for pk, shape in zip(owned, drawn.shapes, strict=True)
        },
        with_territory=frozenset(utility_id for utility_id, *_ in territories),
    )
    ccas = {pk: _cca(utilities[pk]) for pk in owned if _is_cca(utilities[pk])}
    kept = [place for place, pk in enumerate(owned) if pk in ccas or pk in suppliers.by_id]
    owners = [ccas.get(pk) or suppliers.by_id[pk] for pk in owned if pk in ccas or pk in suppliers.by_id]
    return Index(
        state=state,
        data_sets=tuple(map(str, DataSet.newest())),
        areas=index_areas(owners, drawn.only(kept)),
        ccas=frozenset(ccas.values()),
        suppliers=suppliers,
        sources=tuple(source.load(suppliers) for source in SOURCES),
        utilities=utilities,
    )


def _with_successors(rows: Iterable[Utility]) -> dict[UUID, Utility]:
    """Each knows its successor already, so that `standing` asks the database nothing."""
    utilities = {utility.pk: utility for utility in rows}
    for utility in utilities.values():
        if utility.successor_id is not None and utility.successor_id in utilities:
            utility.successor = utilities[utility.successor_id]
    return utilities


@dataclass(slots=True)
class Owned:
    boundaries: list[bytes] = field(default_factory=list)
    edge_error: float = 0.0


def _owned(
    territories: Iterable[tuple[UUID, bytes | memoryview, int | None, str]], utilities: Mapping[UUID, Utility]
) -> dict[UUID, Owned]:
    """The territories by who stands for their utilities today."""
    owned: dict[UUID, Owned] = defaultdict(Owned)
    for utility_id, boundary, edge_error, kind in territories:
        its_own = owned[utilities[utility_id].standing().pk]
        its_own.boundaries.append(bytes(boundary))
        error = EDGE_ERROR_METERS[DataSet.Kind(kind)] if edge_error is None else float(edge_error)
        its_own.edge_error = max(its_own.edge_error, error)
    return owned


def _is_cca(utility: Utility) -> bool:
    return utility.segment == Segment.COMMUNITY_CHOICE_AGGREGATOR and utility.status == Utility.Status.ACTIVE


def _cca(utility: Utility) -> Supplier:
    return Supplier(utility.pk, utility.name, utility.eia_id, utility.segment, share=1.0, area_km2=0.0)
