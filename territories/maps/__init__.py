"""A map of a place and the utilities that may serve it, drawn here as SVG: nothing is asked of anybody else.

Only where the setting MAP_TILES_URL names a tile server does the page that shows it ask that server for pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from territories.geocoding.base import meters_between
from territories.maps.areas import areas_of
from territories.maps.drawing import Drawn, draw
from territories.maps.tiles import Tile, tiles
from territories.maps.view import View, nice_length, view_around, view_of

WIDTH, HEIGHT = 400.0, 280.0
SMALL_WIDTH, SMALL_HEIGHT = 120.0, 84.0
LEAST_PART = 6.0
LEAST_METERS = 800.0
FAR_METERS = 15_000.0  # an edge farther away than this, and than four discs, says little of the place
SAME_METERS = 5.0
LONGEST_BAR = 0.3  # of the width

Point = tuple[float, float]  # latitude, longitude


def distance(meters: float) -> str:
    """`50 m`, `2.4 km`, `10 km`."""
    return (
        f"{meters:.0f} m"
        if meters < 1000
        else f"{meters / 1000:.2g} km"
        if meters < 10_000
        else f"{meters / 1000:.0f} km"
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """The scale: so long in the picture is so much on the ground."""

    width: float
    meters: float

    @property
    def middle(self) -> float:
        return self.width / 2

    @property
    def words(self) -> str:
        return distance(self.meters)


@dataclass(frozen=True, slots=True)
class Overview:
    """All of the candidates' territories, and which part of them the map shows: x, y, width and height."""

    areas: list[Drawn]
    part: tuple[float, float, float, float]
    width: float = SMALL_WIDTH
    height: float = SMALL_HEIGHT


@dataclass(frozen=True, slots=True)
class Map:
    """Everything in units of the picture, y downwards. `said` is where the partner says that the place is."""

    areas: list[Drawn]
    point: tuple[float, float]
    radius: float
    said: tuple[float, float] | None
    bar: Bar
    tiles: list[Tile]
    overview: Overview | None
    width: float = WIDTH
    height: float = HEIGHT


def map_of(
    point: Point, *, accuracy_meters: float, utility_ids: Sequence[UUID], said: Point | None = None, tiles_url: str = ""
) -> Map:
    """`said`: the partner's own coordinates, drawn where they are another point."""
    said = said if said and meters_between(point, said) > SAME_METERS else None
    areas = areas_of(utility_ids)
    meters = _meters_to_show(point, accuracy_meters, list(areas.values()), said)
    view = view_around(*point, meters=meters, width=WIDTH, height=HEIGHT)
    length = nice_length(LONGEST_BAR * WIDTH * view.meters_per_unit)
    return Map(
        areas=draw(areas, view),
        point=_at(view, point),
        radius=round(accuracy_meters / view.meters_per_unit, 1),
        said=_at(view, said) if said else None,
        bar=Bar(round(length / view.meters_per_unit, 1), length),
        tiles=tiles(view, tiles_url),
        overview=_overview(areas, view) if areas else None,
    )


def _meters_to_show(point: Point, accuracy_meters: float, areas: Sequence[Any], said: Point | None) -> float:
    """The disc whole, and the nearest edge of every candidate that is not far."""
    far = max(FAR_METERS, 4 * accuracy_meters)
    wanted = [edge for area in areas if (edge := meters_to_edge(point, area)) <= far]
    if said is not None and (apart := meters_between(point, said)) <= far:
        wanted.append(apart)
    return max(LEAST_METERS, 1.6 * accuracy_meters, 1.3 * max(wanted, default=0.0))


def meters_to_edge(point: Point, area: Any) -> float:
    """To the nearest point of its boundary, from within or from outside."""
    latitude, longitude = point
    narrowing = np.cos(np.radians(latitude))  # of degrees of longitude, so that near and far are told apart rightly
    flat = shapely.transform(shapely.boundary(area), lambda degrees: degrees * (narrowing, 1.0))
    here = shapely.Point(longitude * narrowing, latitude)
    nearest = shapely.get_coordinates(shapely.shortest_line(here, flat))[-1]
    return meters_between(point, (float(nearest[1]), float(nearest[0] / narrowing)))


def _at(view: View, point: Point) -> tuple[float, float]:
    x, y = view.place(np.array([[point[1], point[0]]]))[0]
    return round(float(x), 1), round(float(y), 1)


def _overview(areas: dict[UUID, Any], view: View) -> Overview:
    bounds = shapely.total_bounds([*areas.values(), shapely.box(*view.bounds(margin=0))])
    small = view_of(tuple(bounds), width=SMALL_WIDTH, height=SMALL_HEIGHT, margin=4)
    west, south, east, north = view.bounds(margin=0)
    (x1, y1), (x2, y2) = _at(small, (north, west)), _at(small, (south, east))
    return Overview(draw(areas, small, with_letters=False), _at_least_visible(x1, y1, x2, y2))


def _at_least_visible(x1: float, y1: float, x2: float, y2: float) -> tuple[float, float, float, float]:
    """x, y, width and height about the same middle."""
    width, height = max(LEAST_PART, x2 - x1), max(LEAST_PART, y2 - y1)
    return (
        round((x1 + x2 - width) / 2, 1),
        round((y1 + y2 - height) / 2, 1),
        round(width, 1),
        round(height, 1),
    )
