"""How many of the homes in a territory are its utility's customers: what tells a town's own utility, and a company's
whole territory, from an agency that claims counties for the sake of a few pumps.
"""

from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray

from territories.plane import scale_at, to_mercator
from territories.suppliers import Mapped
from territories.zip_places import centroids

# A ZIP code holds some 1,200 homes where they lie as they do in the country (one in 200 km²), and the more of them the
# denser they lie. Of 148 million customers in 30,000 ZIP codes these figures leave the mean where it is.
COUNTRY_DENSITY = 0.005
COUNTRY_HOMES = 1_200.0
GROWTH = 0.55
FEWEST_HOMES, MOST_HOMES = 800.0, 10_000.0
MOST_SHARE = 0.97
LEAST_ZIP_CODES = 0.02  # of the smallest village
# Customers that nobody counted: distribution companies of Texas, whose customers buy from others, mostly.
UNCOUNTED_SHARE = {"investor_owned_utility": 0.6}
UNCOUNTED_OTHERS_SHARE = 0.1
HANDFUL = 6
NEARBY_METERS = (17_000.0, 55_000.0, 170_000.0)  # look no further than for a handful of neighbours


def mapped(area: shapely.Geometry, *, customers: int | None, segment: str) -> Mapped:
    """`area` in the Mercator plane."""
    _, south, _, north = area.bounds
    km2 = max(1e-3, area.area / 1e6 / scale_at((south + north) / 2) ** 2)
    if not customers:
        return Mapped(km2, UNCOUNTED_SHARE.get(segment, UNCOUNTED_OTHERS_SHARE))
    zip_codes = _zip_codes(area, km2)
    density = zip_codes / km2
    homes_each = min(MOST_HOMES, max(FEWEST_HOMES, COUNTRY_HOMES * (density / COUNTRY_DENSITY) ** GROWTH))
    return Mapped(km2, min(MOST_SHARE, customers / (zip_codes * homes_each)))


def _zip_codes(area: shapely.Geometry, km2: float) -> float:
    """As many as have their centroid in it; of a small territory rather the part of them that its area is."""
    counted = _count_within(area)
    return counted if counted >= HANDFUL else max(counted, km2 * _density_at(area), LEAST_ZIP_CODES)


def _count_within(area: shapely.Geometry) -> float:
    west, south, east, north = area.bounds
    near = _in_box(west, south, east, north)
    return float(shapely.contains_xy(area, near[:, 0], near[:, 1]).sum()) if len(near) else 0.0


def _density_at(area: shapely.Geometry) -> float:
    """ZIP codes a square kilometre around it."""
    west, south, east, north = area.bounds
    x, y = (west + east) / 2, (south + north) / 2
    scale = scale_at(y)
    for meters in NEARBY_METERS:
        reach = meters * scale
        near = len(_in_box(x - reach, y - reach, x + reach, y + reach))
        if near >= HANDFUL:
            break
    return max(near, 1) / (2 * meters / 1000) ** 2


def _in_box(west: float, south: float, east: float, north: float) -> NDArray[np.float64]:
    points = _points()
    first, last = np.searchsorted(points[:, 0], (west, east))
    column = points[first:last]
    inside: NDArray[np.float64] = column[(column[:, 1] >= south) & (column[:, 1] <= north)]
    return inside


@cache
def _points() -> NDArray[np.float64]:
    """Of the plane, from west to east."""
    return to_mercator(centroids())
