"""Pictures of streets from a tile server, where the setting names one: which of its tiles a view wants, and where."""

import math
from dataclasses import dataclass

from territories.maps.view import View

TILE_PIXELS = 256
SHARPNESS = 1.5  # pixels of a tile to a unit of the picture, on most screens
MOST_ZOOM = 18


@dataclass(frozen=True, slots=True)
class Tile:
    url: str
    x: float
    y: float
    size: float


def tiles(view: View, template: str) -> list[Tile]:
    """`template` has {z}, {x} and {y} in it."""
    if not template:
        return []
    zoom = min(MOST_ZOOM, max(0, round(math.log2(SHARPNESS / (view.scale * TILE_PIXELS)))))
    count = 2**zoom
    size = 1 / (count * view.scale)
    columns = _from_to(view.west, view.west + view.width * view.scale, count)
    rows = _from_to(view.north, view.north + view.height * view.scale, count)
    return [
        Tile(
            template.replace("{z}", str(zoom)).replace("{x}", str(x % count)).replace("{y}", str(y)),
            round((x / count - view.west) / view.scale, 2),
            round((y / count - view.north) / view.scale, 2),
            round(size, 2),
        )
        for y in rows
        if 0 <= y < count
        for x in columns
    ]


def _from_to(begin: float, end: float, count: int) -> range:
    return range(math.floor(begin * count), math.floor(end * count) + 1)
