"""The territories as prepared geometries: which of them a place lies in, and how surely."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from territories.evidence.base import SURE, Inside, Supplier
from territories.plane import mercator, to_mercator

# Edges are straight in degrees. In the Mercator plane a long one would bow by kilometres; cut to pieces of this many
# degrees it bows by a few metres.
LONGEST_EDGE_DEGREES = 0.1

# An accuracy, of a place or of an edge, is what nearly all errors keep to: two standard deviations. Beyond three of
# them an edge is too far to matter.
DEVIATIONS = 2.0
FAR_DEVIATIONS = 3.0
# From here on the disc is sampled: an edge is straight no longer, and several may cross it.
WIDE_METERS = 1_000.0

# Points as homes lie in a disc around a ZIP code's centroid: the denser the nearer (Rayleigh's distribution), and 97 in
# 100 of them inside. Turned by the golden angle, like seeds in a sunflower.
SEEDS = np.arange(96)
RADII = np.sqrt(-2 * np.log(1 - (SEEDS + 0.5) / len(SEEDS))) / math.sqrt(-2 * math.log(0.03))
DISC_X, DISC_Y = (RADII * turn(SEEDS * math.pi * (3 - math.sqrt(5))) for turn in (np.cos, np.sin))


# Of a cell of the plane it is worked out once which territories hold it wholly and which have an edge near it: most
# places then need no geometry at all.
CELL_METERS = 4_000.0
MOST_CELLS = 50_000
USUAL_METERS = 100.0  # accuracies up to here share their cells, coarser ones theirs


class Cell(NamedTuple):
    """`holding`: territories that hold it, with all places within reach; `near`: those with an edge in reach."""

    holding: tuple[tuple[Supplier, Inside], ...]
    near: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shapes:
    """The territories as merged, in the Mercator plane, prepared; with their edges. `keys`: what each was drawn of."""

    keys: Sequence[bytes]
    shapes: NDArray[np.object_]
    edges: NDArray[np.object_]
    edge_errors: NDArray[np.float64]

    def only(self, places: Sequence[int]) -> "Shapes":
        kept = np.array(places, dtype=np.int64)
        return Shapes(
            [self.keys[place] for place in places], self.shapes[kept], self.edges[kept], self.edge_errors[kept]
        )


@dataclass(frozen=True, slots=True)
class Areas:
    """`owners[i]` is whose territory `drawn.shapes[i]` is."""

    owners: Sequence[Supplier]
    drawn: Shapes
    bounds: NDArray[np.float64]
    worst_edge_error: float
    cells: dict[tuple[float, int, int], Cell] = field(default_factory=dict)

    def around(self, latitude: float, longitude: float, accuracy_meters: float) -> dict[Supplier, Inside]:
        """Those that a home may lie in, which is known to lie within `accuracy_meters` of there."""
        x, y, scale = mercator(latitude, longitude)
        if accuracy_meters > WIDE_METERS:
            return self._sampled(x, y, accuracy_meters * scale)
        cell = self._cell(x, y, scale, USUAL_METERS if accuracy_meters <= USUAL_METERS else WIDE_METERS)
        found = dict(cell.holding)
        if cell.near.size:
            self._measure(found, cell.near, x, y, scale, accuracy_meters)
        return found

    def _cell(self, x: float, y: float, scale: float, accuracy_meters: float) -> Cell:
        key = accuracy_meters, int(x // CELL_METERS), int(y // CELL_METERS)
        cell = self.cells.get(key)
        if cell is None:
            if len(self.cells) >= MOST_CELLS:
                self.cells.clear()
            middle_x, middle_y = (key[1] + 0.5) * CELL_METERS, (key[2] + 0.5) * CELL_METERS
            reach = FAR_DEVIATIONS / DEVIATIONS * math.hypot(accuracy_meters, self.worst_edge_error)
            # a cell is wider on the ground at its southern side than in its middle: by less than this
            cell = self._within(middle_x, middle_y, 1.01 * (reach * scale + CELL_METERS / math.sqrt(2)))
            self.cells[key] = cell
        return cell

    def _within(self, x: float, y: float, r: float) -> Cell:
        west, south, east, north = self.bounds  # of a few thousand, numpy is quicker than a tree
        hits = np.flatnonzero((west <= x + r) & (east >= x - r) & (south <= y + r) & (north >= y - r))
        near = shapely.dwithin(self.drawn.edges[hits], shapely.points(x, y), r)
        holding = shapely.contains_xy(self.drawn.shapes[hits], x, y) & ~near
        return Cell(tuple((self.owners[hit], SURE) for hit in hits[holding].tolist()), hits[near])

    def _measure(
        self, found: dict[Supplier, Inside], near: NDArray[np.int64], x: float, y: float, scale: float, accuracy: float
    ) -> None:
        holds = shapely.contains_xy(self.drawn.shapes[near], x, y).tolist()
        distances = shapely.distance(self.drawn.edges[near], shapely.points(x, y)).tolist()
        for hit, within, plane_meters in zip(near.tolist(), holds, distances, strict=True):
            meters = (plane_meters if within else -plane_meters) / scale
            deviation = math.hypot(accuracy, self.drawn.edge_errors[hit]) / DEVIATIONS
            if abs(meters) > FAR_DEVIATIONS * deviation:
                if within:
                    found[self.owners[hit]] = SURE
                continue
            probability = 0.5 * (1 + math.erf(meters / deviation / math.sqrt(2))) if deviation else float(within)
            found[self.owners[hit]] = Inside(probability, meters)

    def _sampled(self, x: float, y: float, r: float) -> dict[Supplier, Inside]:
        cell = self._within(x, y, r)
        found = dict(cell.holding)
        for hit in cell.near.tolist():
            part = float(shapely.contains_xy(self.drawn.shapes[hit], x + r * DISC_X, y + r * DISC_Y).mean())
            if part > 0:
                found[self.owners[hit]] = Inside(part, None)
        return found


def draw(
    boundaries: Sequence[Sequence[bytes]], edge_errors: Sequence[float], *, before: Shapes | None = None
) -> Shapes:
    """One shape of each owner's boundaries: where two merged companies' territories meet, there is no edge any more.

    What was drawn of the same `before` is taken from there: a change of one territory costs one.
    """
    keys = [hashlib.sha256(b"".join(sorted(each))).digest() for each in boundaries]
    drawn = dict(zip(before.keys, zip(before.shapes, before.edges, strict=True), strict=True)) if before else {}
    new = {key: each for key, each in zip(keys, boundaries, strict=True) if key not in drawn}
    shapes = _shapes(new.values())
    edges = shapely.boundary(shapes)
    shapely.prepare(shapes)
    shapely.prepare(edges)
    _warm(shapes, edges)
    drawn.update(zip(new, zip(shapes, edges, strict=True), strict=True))
    found = np.array([drawn[key] for key in keys], dtype=object).reshape(-1, 2)
    return Shapes(keys, found[:, 0], found[:, 1], np.array(edge_errors, dtype=float))


def _shapes(boundaries: Iterable[Sequence[bytes]]) -> NDArray[np.object_]:
    merged = []
    for each in boundaries:
        parts = shapely.from_wkb(list(each))
        merged.append(parts[0] if len(parts) == 1 else shapely.union_all(parts))
    cut = shapely.segmentize(np.array(merged, dtype=object), LONGEST_EDGE_DEGREES)
    shapes: NDArray[np.object_] = shapely.transform(cut, to_mercator)
    return shapes


def index_areas(owners: Sequence[Supplier], drawn: Shapes) -> Areas:
    bounds = np.ascontiguousarray(shapely.bounds(drawn.shapes).T.reshape(4, -1))
    return Areas(owners, drawn, bounds, float(drawn.edge_errors.max(initial=0.0)))


def _warm(shapes: NDArray[np.object_], edges: NDArray[np.object_]) -> None:
    """GEOS builds what it prepares at the first question: better here, in one thread, than under the first look-ups."""
    west, south, east, north = shapely.bounds(shapes).T.reshape(4, -1)
    x, y = (west + east) / 2, (south + north) / 2
    shapely.contains_xy(shapes, x, y)
    shapely.dwithin(edges, shapely.points(x, y), 1.0)
