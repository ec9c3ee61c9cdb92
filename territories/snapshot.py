"""One reading of the database: territories as prepared geometries in a tree, tables as dictionaries."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from django.db.models import Count, DecimalField, Sum
from django.db.models.functions import Extract
from numpy.typing import NDArray

from territories.addresses import abbreviated
from territories.geocoding.base import EARTH_RADIUS_METERS
from territories.matching import Claim
from territories.models import DataSet, ServiceTerritory, Utility, ZipService
from territories.models.utility import Segment

Token = tuple[int, int, Decimal]

# Edges are straight in degrees. In the Mercator plane, where a disc stays a disc, a long one would bow by kilometres;
# cut to pieces of this many degrees it bows by a few metres.
LONGEST_EDGE_DEGREES = 0.1
MOST_NORTHERN_DEGREES = 85.0

# A territory covers a disc where it holds all but a hundredth of it: boundaries leave out inlets, and slivers between
# neighbours. The share is that of points spread evenly over the disc, like seeds in a sunflower.
COVERED_SHARE = 0.99
SEEDS = np.arange(200)
DISC_X, DISC_Y = (
    np.sqrt((SEEDS + 0.5) / len(SEEDS)) * turn(SEEDS * math.pi * (3 - math.sqrt(5))) for turn in (np.cos, np.sin)
)


def token_in_force() -> Token:
    """Differs whenever an import or a person changed what a match may depend on."""
    data_sets = DataSet.objects.aggregate(n=Count("pk"))["n"]
    # a sum, since transactions need not commit in the order of their times; to the microsecond, so no integer
    utilities = Utility.objects.aggregate(
        n=Count("pk"), changed=Sum(Extract("updated_at", "epoch"), output_field=DecimalField())
    )
    return data_sets, utilities["n"], utilities["changed"] or Decimal(0)


@dataclass(frozen=True, slots=True)
class Boundaries:
    """`owners[i]` is whose territory `areas[i]` is. Prepared, in metres of the Mercator plane at the equator."""

    owners: list[Utility]
    areas: NDArray[np.object_]
    edges: NDArray[np.object_]
    tree: shapely.STRtree

    def claims_at(self, x: float, y: float, radius: float) -> list[tuple[Utility, bool, bool]]:
        """(utility, contains the point, covers the whole disc) for each whose territory touches the disc."""
        diagonal = shapely.linestrings([[(x - radius, y - radius), (x + radius, y + radius)]])
        _, hits = self.tree.query(diagonal)  # an array of one: shapely makes one of a single shape at some cost
        if not hits.size:
            return []
        inside = shapely.contains_xy(self.areas[hits], x, y)
        near_edge = shapely.dwithin(self.edges[hits], shapely.points([x, y]), radius)
        return [
            (self.owners[hit], bool(within), bool(within and (not near or self._covers(hit, x, y, radius))))
            for hit, within, near in zip(hits, inside, near_edge, strict=True)
            if within or near
        ]

    def _covers(self, hit: int, x: float, y: float, radius: float) -> bool:
        inside = shapely.contains_xy(self.areas[hit], x + radius * DISC_X, y + radius * DISC_Y)
        return bool(inside.mean() >= COVERED_SHARE)


@dataclass(frozen=True, slots=True)
class Index:
    token: Token
    data_sets: tuple[str, ...]
    boundaries: Boundaries
    by_zip_code: Mapping[str, frozenset[UUID]]
    by_eia_id: Mapping[str, Utility]
    by_name: Mapping[str, frozenset[UUID]]
    utilities: Mapping[UUID, Utility] = field(default_factory=dict)

    def claims(
        self, latitude: float, longitude: float, accuracy_meters: float, *, zip_code: str, hint: Mapping[str, Any]
    ) -> tuple[list[Claim], list[Claim]]:
        """What is known of the retail utilities, and of the CCAs, within `accuracy_meters` of the point."""
        x, y, scale = mercator(latitude, longitude)
        radius = accuracy_meters * scale
        named = self.by_zip_code.get(zip_code, frozenset())
        hinted = self._hinted(hint) if hint else frozenset()
        wires: list[Claim] = []
        overlays: list[Claim] = []
        for utility, contains, covers in self.boundaries.claims_at(x, y, radius):
            (overlays if _is_cca(utility) else wires).append(_claim(utility, contains, covers, named, hinted))
        if not wires:
            wires = [_claim(self.utilities[pk], False, False, named, hinted, touches=False) for pk in named]
        return wires, overlays

    def _hinted(self, hint: Mapping[str, Any]) -> frozenset[UUID]:
        by_id = self.by_eia_id.get(str(hint.get("eiaId") or "").strip())
        by_name = self.by_name.get(abbreviated(str(hint.get("name") or "")), frozenset())
        return by_name | {by_id.pk} if by_id else by_name


def mercator(latitude: float, longitude: float) -> tuple[float, float, float]:
    """x, y, and how many metres of the plane make one metre on the ground there."""
    phi = math.radians(max(-MOST_NORTHERN_DEGREES, min(MOST_NORTHERN_DEGREES, latitude)))
    return (
        EARTH_RADIUS_METERS * math.radians(longitude),
        EARTH_RADIUS_METERS * math.asinh(math.tan(phi)),
        1 / math.cos(phi),
    )


def load_index(token: Token) -> Index:
    # Territories before utilities: whatever a territory refers to is then sure to be found.
    areas = list(ServiceTerritory.objects.order_by("pk").values_list("utility_id", "boundary"))
    rows = ZipService.objects.values_list("zip_code", "eia_id")
    utilities = _with_successors(Utility.objects.all())
    standing = {pk: utility.standing() for pk, utility in utilities.items()}
    by_eia_id = {utility.eia_id: standing[pk] for pk, utility in utilities.items() if utility.eia_id}
    owned: dict[UUID, list[bytes]] = defaultdict(list)
    for utility_id, boundary in areas:
        owned[standing[utility_id].pk].append(bytes(boundary))
    return Index(
        token=token,
        data_sets=_data_sets(),
        boundaries=_boundaries(
            (utilities[pk], wkb) for pk, wkb in owned.items() if utilities[pk].serves_homes or _is_cca(utilities[pk])
        ),
        by_zip_code=_by_zip_code(rows, by_eia_id),
        by_eia_id=by_eia_id,
        by_name=_by_name(utilities, standing),
        utilities=utilities,
    )


def _with_successors(rows: Iterable[Utility]) -> dict[UUID, Utility]:
    """Each knows its successor already, so that `standing` asks the database nothing."""
    utilities = {utility.pk: utility for utility in rows}
    for utility in utilities.values():
        if utility.successor_id is not None and utility.successor_id in utilities:
            utility.successor = utilities[utility.successor_id]
    return utilities


def _boundaries(owned: Iterable[tuple[Utility, list[bytes]]]) -> Boundaries:
    """One area a utility: where two merged companies' territories meet, there is no edge any more."""
    owners: list[Utility] = []
    areas: list[Any] = []
    for utility, boundaries in owned:
        parts = shapely.from_wkb(boundaries)
        owners.append(utility)
        areas.append(parts[0] if len(parts) == 1 else shapely.union_all(parts))
    flat = shapely.transform(shapely.segmentize(np.array(areas, dtype=object), LONGEST_EDGE_DEGREES), _to_mercator)
    edges = shapely.boundary(flat)
    shapely.prepare(flat)
    shapely.prepare(edges)
    _warm(flat, edges)
    return Boundaries(owners, flat, edges, shapely.STRtree(flat))


def _warm(areas: NDArray[np.object_], edges: NDArray[np.object_]) -> None:
    """GEOS builds what it prepares at the first question: better here, in one thread, than under the first look-ups."""
    west, south, east, north = shapely.bounds(areas).T.reshape(4, -1)
    x, y = (west + east) / 2, (south + north) / 2
    shapely.contains_xy(areas, x, y)
    shapely.dwithin(edges, shapely.points(x, y), 1.0)


def _to_mercator(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    radians = np.radians(degrees)
    limit = math.radians(MOST_NORTHERN_DEGREES)
    y = np.arcsinh(np.tan(np.clip(radians[:, 1], -limit, limit)))
    return EARTH_RADIUS_METERS * np.column_stack([radians[:, 0], y])


def _by_zip_code(rows: Iterable[tuple[str, str]], by_eia_id: Mapping[str, Utility]) -> dict[str, frozenset[UUID]]:
    named: dict[str, set[UUID]] = defaultdict(set)
    for zip_code, eia_id in rows:
        utility = by_eia_id.get(eia_id)
        if utility is not None and utility.serves_homes:
            named[zip_code].add(utility.pk)
    shared: dict[frozenset[UUID], frozenset[UUID]] = {}  # thousands of ZIP codes name the same few
    return {code: shared.setdefault(frozenset(ids), frozenset(ids)) for code, ids in named.items()}


def _by_name(utilities: Mapping[UUID, Utility], standing: Mapping[UUID, Utility]) -> dict[str, frozenset[UUID]]:
    names: dict[str, set[UUID]] = defaultdict(set)
    for pk, utility in utilities.items():
        names[abbreviated(utility.name)].add(standing[pk].pk)
    names.pop("", None)
    return {name: frozenset(ids) for name, ids in names.items()}


def _data_sets() -> tuple[str, ...]:
    newest = DataSet.objects.order_by("kind", "name", "-version").distinct("kind", "name")
    return tuple(str(data_set) for data_set in newest)


def _is_cca(utility: Utility) -> bool:
    return utility.segment == Segment.COMMUNITY_CHOICE_AGGREGATOR and utility.status == Utility.Status.ACTIVE


def _claim(
    utility: Utility,
    contains: bool,
    covers: bool,
    named: frozenset[UUID],
    hinted: frozenset[UUID],
    *,
    touches: bool = True,
) -> Claim:
    return Claim(
        utility.pk,
        utility.name,
        utility.eia_id,
        utility.segment,
        contains=contains,
        covers=covers,
        touches=touches,
        in_zip_table=utility.pk in named,
        hinted=utility.pk in hinted,
    )
