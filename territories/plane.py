"""The Mercator plane, in metres at the equator: a disc stays a disc there, and shapely measures in it."""

import math

import numpy as np
from numpy.typing import NDArray

from territories.geocoding.base import EARTH_RADIUS_METERS

MOST_NORTHERN_DEGREES = 85.0


def mercator(latitude: float, longitude: float) -> tuple[float, float, float]:
    """x, y, and how many metres of the plane make one metre on the ground there."""
    phi = math.radians(max(-MOST_NORTHERN_DEGREES, min(MOST_NORTHERN_DEGREES, latitude)))
    return (
        EARTH_RADIUS_METERS * math.radians(longitude),
        EARTH_RADIUS_METERS * math.asinh(math.tan(phi)),
        1 / math.cos(phi),
    )


def to_mercator(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of rows of (longitude, latitude)."""
    radians = np.radians(degrees)
    limit = math.radians(MOST_NORTHERN_DEGREES)
    y = np.arcsinh(np.tan(np.clip(radians[:, 1], -limit, limit)))
    return EARTH_RADIUS_METERS * np.column_stack([radians[:, 0], y])


def scale_at(y: float) -> float:
    """How many metres of the plane make one metre on the ground at this y."""
    return math.cosh(y / EARTH_RADIUS_METERS)
