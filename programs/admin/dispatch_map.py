"""A map of the event's devices, drawn here as SVG: near ones together, each circle parted by how far they are."""

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from shapely.geometry import shape

from programs.admin.dispatch_stages import GROUPS, group_of
from programs.dispatch.picture import Cell
from programs.models import DispatchEvent
from territories.maps.drawing import path_of, seen_of
from territories.maps.view import View, nice_length, view_of

WIDTH, HEIGHT, MARGIN = 640.0, 400.0, 40.0
LEAST_RADIUS, MOST_RADIUS = 4.0, 22.0
LEAST_DEGREES = 0.02  # a single street is shown with what is around it


@dataclass(frozen=True, slots=True)
class Slice:
    css: str
    path: str


@dataclass(frozen=True, slots=True)
class Spot:
    x: float
    y: float
    radius: float
    devices: int
    said: str
    slices: list[Slice]


@dataclass(frozen=True, slots=True)
class FleetMap:
    """`bar` is so long in the picture, and so much on the ground."""

    spots: list[Spot]
    area: str
    bar: float
    bar_words: str
    west: float
    north: float
    scale: float
    width: float = WIDTH
    height: float = HEIGHT


def map_of(event: DispatchEvent, cells: list[Cell]) -> FleetMap | None:
    if not cells:
        return None
    view = view_of(_bounds(event, cells), width=WIDTH, height=HEIGHT, margin=MARGIN)
    by_cell: dict[int, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_cell[cell.number].append(cell)
    most = max(sum(each.devices for each in of_one) for of_one in by_cell.values())
    spots = [_spot(of_one, view, most) for of_one in by_cell.values()]
    length = nice_length(0.25 * WIDTH * view.meters_per_unit)
    return FleetMap(
        spots=sorted(spots, key=lambda spot: -spot.devices),
        area=path_of(seen_of(shape(event.area), view)) if event.area else "",
        bar=round(length / view.meters_per_unit, 1),
        bar_words=f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m",
        west=view.west,
        north=view.north,
        scale=view.scale,
    )


def _bounds(event: DispatchEvent, cells: list[Cell]) -> tuple[float, float, float, float]:
    longitudes, latitudes = [each.longitude for each in cells], [each.latitude for each in cells]
    west, south, east, north = min(longitudes), min(latitudes), max(longitudes), max(latitudes)
    if event.area:
        bounds = shape(event.area).bounds
        west, south = min(west, bounds[0]), min(south, bounds[1])
        east, north = max(east, bounds[2]), max(north, bounds[3])
    half = LEAST_DEGREES / 2
    return west - half, south - half, east + half, north + half


def _spot(cells: list[Cell], view: View, most: int) -> Spot:
    devices = sum(each.devices for each in cells)
    longitude = sum(each.longitude * each.devices for each in cells) / devices
    latitude = sum(each.latitude * each.devices for each in cells) / devices
    x, y = (round(float(each), 1) for each in view.place(np.array([[longitude, latitude]]))[0])
    radius = round(LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * math.sqrt(devices / most), 1)
    shares = _shares(cells)
    said = ", ".join(f"{count} {title.lower()}" for title, _, count in shares)
    return Spot(x, y, radius, devices, said, _slices(shares, devices, radius))


def _shares(cells: list[Cell]) -> list[tuple[str, str, int]]:
    counts: dict[str, int] = defaultdict(int)
    for cell in cells:
        counts[group_of(cell.stage).css] += cell.devices
    return [(group.title, group.css, counts[group.css]) for group in GROUPS if counts[group.css]]


def _slices(shares: list[tuple[str, str, int]], devices: int, radius: float) -> list[Slice]:
    if len(shares) == 1:
        return [
            Slice(shares[0][1], f"M0,{-radius}A{radius},{radius} 0 1 1 0,{radius}A{radius},{radius} 0 1 1 0,{-radius}Z")
        ]
    made, begun = [], 0.0
    for _, css, count in shares:
        share = count / devices
        made.append(Slice(css, _wedge(begun, begun + share, radius)))
        begun += share
    return made


def _wedge(begin: float, end: float, radius: float) -> str:
    (x1, y1), (x2, y2) = (_on_circle(each, radius) for each in (begin, end))
    return f"M0,0L{x1:.2f},{y1:.2f}A{radius},{radius} 0 {int(end - begin > 0.5)} 1 {x2:.2f},{y2:.2f}Z"


def _on_circle(share: float, radius: float) -> tuple[float, float]:
    angle: Any = 2 * math.pi * share
    return radius * math.sin(angle), -radius * math.cos(angle)
