"""A rectangle of the world as a picture, in Web Mercator as tiles are: where a place falls, how long a metre is."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from territories.geocoding.base import EARTH_RADIUS_METERS

AROUND_METERS = 2 * math.pi * EARTH_RADIUS_METERS
MOST_NORTHERN_DEGREES = 85.0
NICE = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class View:
    """`west` and `north` are of the square world, 0 to 1 from west to east and from north to south; `scale`: of its
    width, how much one unit of the picture shows.
    """

    west: float
    north: float
    scale: float
    width: float
    height: float
    latitude: float

    @property
    def meters_per_unit(self) -> float:
        return self.scale * AROUND_METERS * math.cos(math.radians(self.latitude))

    def place(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rows of (longitude, latitude) to rows of (x, y), y downwards."""
        return (to_world(degrees) - (self.west, self.north)) / self.scale

    def bounds(self, *, margin: float) -> tuple[float, float, float, float]:
        """West, south, east and north in degrees, `margin` units beyond the picture."""
        west, north = self.west - margin * self.scale, self.north - margin * self.scale
        east = self.west + (self.width + margin) * self.scale
        south = self.north + (self.height + margin) * self.scale
        return west * 360 - 180, _latitude(south), east * 360 - 180, _latitude(north)


def view_around(latitude: float, longitude: float, *, meters: float, width: float, height: float) -> View:
    """So that a disc of so many metres just fits."""
    x, y = to_world(np.array([[longitude, latitude]]))[0]
    half = meters / (AROUND_METERS * math.cos(math.radians(latitude)))
    scale = 2 * half / min(width, height)
    return View(x - scale * width / 2, y - scale * height / 2, scale, width, height, latitude)


def view_of(bounds: tuple[float, float, float, float], *, width: float, height: float, margin: float) -> View:
    """So that west, south, east and north (degrees) fit, `margin` units from the picture's edge."""
    west, south, east, north = bounds
    (x1, y1), (x2, y2) = to_world(np.array([[west, north], [east, south]]))
    scale = max((x2 - x1) / (width - 2 * margin), (y2 - y1) / (height - 2 * margin), 1e-9)
    x, y = (x1 + x2) / 2 - scale * width / 2, (y1 + y2) / 2 - scale * height / 2
    return View(x, y, scale, width, height, (south + north) / 2)


def to_world(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    phi = np.radians(np.clip(degrees[:, 1], -MOST_NORTHERN_DEGREES, MOST_NORTHERN_DEGREES))
    return np.column_stack([degrees[:, 0] / 360 + 0.5, 0.5 - np.arcsinh(np.tan(phi)) / (2 * math.pi)])


def nice_length(at_most: float) -> float:
    """1, 2 or 5 times a power of ten."""
    power: float = 10.0 ** math.floor(math.log10(at_most))
    return max(step * power for step in NICE if step * power <= at_most)


def _latitude(world_y: float) -> float:
    return math.degrees(math.atan(math.sinh(2 * math.pi * (0.5 - world_y))))
