"""An area as an operator gives it: GeoJSON, drawn somewhere or exported. Degrees, longitude first."""

import json
from typing import Any

import shapely
from shapely.geometry import mapping, shape

KINDS = ("Polygon", "MultiPolygon")
LARGEST = 200_000  # characters: a boundary, not a data set


class BadAreaError(ValueError):
    """It is no area; the message says why."""


def read(text: str) -> dict[str, Any]:
    """The geometry as a document, from a geometry, a Feature or a FeatureCollection (whose areas are joined)."""
    if len(text) > LARGEST:
        raise BadAreaError(f"It is longer than {LARGEST:,} characters. Remedy: simplify the boundary.")
    try:
        geometries = [shape(each) for each in _geometries(json.loads(text))]
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
        RecursionError,
        shapely.errors.ShapelyError,
    ) as fault:
        raise BadAreaError("It is no GeoJSON of a Polygon or MultiPolygon.") from fault
    if not geometries or any(each.geom_type not in KINDS for each in geometries):
        raise BadAreaError("It holds no Polygon or MultiPolygon, or something else besides.")
    joined = shapely.union_all([shapely.buffer(each, 0) for each in geometries])  # mends what crosses itself
    west, south, east, north = joined.bounds if not joined.is_empty else (0, 0, 0, 0)
    if joined.is_empty or not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BadAreaError("It encloses nothing, or is not in degrees (longitude first).")
    return dict(mapping(joined))


def geometry(document: dict[str, Any]) -> Any:
    """As `read` made it, prepared for many questions."""
    made = shape(document)
    shapely.prepare(made)
    return made


def _geometries(document: Any) -> list[Any]:
    kind = document["type"]
    if kind == "FeatureCollection":
        return [each["geometry"] for each in document["features"]]
    return [document["geometry"]] if kind == "Feature" else [document]
