"""A boundary as delivered: in degrees, inside the United States, and valid, or mended until it is."""

from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from territories.importers.features import TO_DEGREES, Feature
from territories.importers.files import BadFileError

# (west, south, east, north): the states and the Atlantic territories; the Aleutians' end, Guam and the Pacific
UNITED_STATES = ((-180.0, -15.0, -64.0, 72.0), (130.0, -15.0, 180.0, 72.0))


# Far more than any real territory has, and few enough for a look-up to ask for the distance to its edge.
MOST_VERTICES = 250_000


class UnusableBoundaryError(Exception):
    """This feature has no boundary that can be used."""


def boundary(feature: Feature) -> tuple[Polygon | MultiPolygon, str]:
    """The boundary, and what was wrong with it as delivered ("" where nothing was).

    Raises UnusableBoundaryError, and BadFileError where the coordinates show that the whole file is not in degrees.
    """
    geometry = feature.geometry
    if isinstance(geometry, str):
        raise UnusableBoundaryError(geometry)
    if geometry is None or geometry.is_empty:
        raise UnusableBoundaryError("It has no geometry.")
    if (vertices := int(shapely.get_num_coordinates(geometry))) > MOST_VERTICES:
        raise UnusableBoundaryError(f"It has {vertices:,} vertices, more than {MOST_VERTICES:,}: simplify it.")
    _check_coordinates(feature)
    if geometry.geom_type not in ("Polygon", "MultiPolygon", "GeometryCollection"):
        raise UnusableBoundaryError(f"It is a {geometry.geom_type}, not a polygon.")
    fault = "" if geometry.is_valid else shapely.is_valid_reason(geometry)
    mended = _polygons(geometry if not fault else _mended(geometry))
    if mended.is_empty:
        raise UnusableBoundaryError(f"Nothing is left of it once repaired ({fault or 'no polygon in it'}).")
    return mended, fault


def _check_coordinates(feature: Feature) -> None:
    points = shapely.get_coordinates(feature.geometry)
    if not np.isfinite(points).all():
        raise UnusableBoundaryError("Its coordinates are not all numbers.")
    if _all_in_united_states(points):
        return
    if _all_in_united_states(points[:, ::-1]):
        fault = "Its coordinates are swapped: latitude first."
    elif (np.abs(points) > (180, 90)).any():
        fault = "Its coordinates are out of range for degrees: it is projected."
    else:
        fault = "Its coordinates lie outside the United States."
    raise BadFileError(feature.path, fault, remedy=TO_DEGREES, where=feature.where)


def _all_in_united_states(points: Any) -> bool:
    x, y = points[:, 0], points[:, 1]
    inside = np.zeros(len(points), dtype=bool)
    for west, south, east, north in UNITED_STATES:
        inside |= (west <= x) & (x <= east) & (south <= y) & (y <= north)
    return bool(inside.all())


def _mended(geometry: Any) -> Any:
    """`buffer(0)` alone drops a lobe of a figure of eight; so every face that the rings enclose is added back.

    (`make_valid` would do both, but crashed on a real territory.)
    """
    parts = []
    for part in shapely.get_parts(geometry):
        if part.geom_type == "Polygon":
            rings = shapely.union_all([part.boundary])
            faces = shapely.get_parts(shapely.polygonize([rings]))
            parts += [part.buffer(0), *(face for face in faces if part.contains(face.representative_point()))]
    return shapely.union_all(parts)


def _polygons(geometry: Any) -> Polygon | MultiPolygon:
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else Polygon()
