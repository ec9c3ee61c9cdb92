"""Areas as SVG paths within a view, cut at its edge and no finer than can be seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from territories.maps.view import View

MARGIN = 12.0  # beyond the picture, so that the cut itself is not seen
FINEST = 0.4  # units of the picture
LEAST_OWN_SHARE = 0.02  # of the picture, to hold a letter
LETTER_APART = 16.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """`path` is SVG's; `letter_at` is where the area's letter stands, None where it is not in the picture."""

    utility_id: UUID
    path: str
    letter_at: tuple[float, float] | None


def draw(areas: Mapping[UUID, Any], view: View, *, with_letters: bool = True) -> list[Drawn]:
    """`areas` are in degrees, longitude first. In their order: later ones are drawn over earlier ones."""
    seen = [seen_of(area, view) for area in areas.values()]
    letters = [_letter_at(seen, place, view) if with_letters else None for place in range(len(seen))]
    return [
        Drawn(utility_id, path_of(shape), letter_at)
        for utility_id, shape, letter_at in zip(areas, seen, letters, strict=True)
    ]


def seen_of(area: Any, view: View) -> Any:
    """The part of it in the view, in the view's units."""
    cut = shapely.clip_by_rect(area, *view.bounds(margin=MARGIN))
    flat = shapely.transform(cut, view.place)
    simple = shapely.simplify(flat, FINEST)
    return simple if simple.is_valid else shapely.buffer(simple, 0)


def path_of(shape: Any) -> str:
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]
    return "".join(_ring(ring) for polygon in polygons for ring in (polygon.exterior, *polygon.interiors))


def _ring(ring: Any) -> str:
    points = np.round(shapely.get_coordinates(ring)[:-1], 1)
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in points) + "Z"


def _letter_at(seen: Sequence[Any], place: int, view: View) -> tuple[float, float] | None:
    """In a part that is its own alone, if there is one of some size; else beside those that it shares with."""
    picture = shapely.box(0, 0, view.width, view.height)
    inside = shapely.intersection(seen[place], picture)
    if not inside.area:
        return None
    others = [*seen[:place], *seen[place + 1 :]]
    own = shapely.difference(inside, shapely.union_all(others)) if others else inside
    if own.area >= LEAST_OWN_SHARE * picture.area:
        return _within(own)
    x, y = _within(inside)
    return min(x + place * LETTER_APART, view.width - LETTER_APART), y


def _within(shape: Any) -> tuple[float, float]:
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    x, y = shapely.get_coordinates(shapely.maximum_inscribed_circle(largest, tolerance=1.0))[0]
    return round(float(x), 1), round(float(y), 1)
