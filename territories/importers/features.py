"""Features of GeoJSON, GeoJSON lines, Shapefiles and GeoPackages, all as properties and a shape."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.geometry import shape

from territories.importers.files import BadFileError, parse_json, read_bytes, read_text

JSON_FILES = frozenset({".geojson", ".json"})
JSON_LINES = frozenset({".geojsonl", ".geojsons", ".jsonl", ".ndjson"})
GIS_FILES = frozenset({".shp", ".gpkg"})

# WGS 84, and NAD 83, which differs from it by a metre or two
DEGREES = ("CRS84", "4326", "4269")
TO_DEGREES = "convert it to WGS 84, longitude first: ogr2ogr -t_srs EPSG:4326 converted.gpkg FILE"


@dataclass(frozen=True, slots=True)
class Feature:
    """`geometry` is None where there is none, and text where it cannot be read: why."""

    path: Path
    where: str
    properties: dict[str, Any]
    geometry: Any

    def named(self, *names: str) -> Any:
        """The first of these properties that has a value, upper and lower case alike."""
        folded = {key.casefold(): value for key, value in self.properties.items()}
        return next((folded[name.casefold()] for name in names if folded.get(name.casefold()) not in (None, "")), None)


def read_features(path: Path) -> list[Feature]:
    suffix = path.suffix.casefold()
    if suffix in JSON_FILES:
        features = list(_of_json(path, parse_json(read_text(path), path)))
    elif suffix in JSON_LINES:
        features = list(_of_json_lines(path))
    elif suffix in GIS_FILES:
        features = list(_of_gis(path))
    else:
        forms = ", ".join(sorted(JSON_FILES | JSON_LINES | GIS_FILES))
        raise BadFileError(path, "Its form is not known by its ending.", remedy=f"name a file ending in {forms}.")
    if not features:
        raise BadFileError(path, "It has no features.", remedy="fetch it again.")
    return features


def _of_json_lines(path: Path) -> Iterator[Feature]:
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if text := line.strip("\x1e \t"):
            yield from _of_json(path, parse_json(text, path, where=f"line {number}"), where=f"line {number}")


def _of_json(path: Path, content: Any, *, where: str = "") -> Iterator[Feature]:
    kind = content.get("type") if isinstance(content, dict) else None
    if kind == "FeatureCollection" and isinstance(content.get("features"), list):
        _check_crs_member(path, content)
        for number, feature in enumerate(content["features"], start=1):
            yield from _of_json(path, feature, where=f"feature {number}")
    elif kind == "Feature":
        _check_crs_member(path, content)
        properties = content.get("properties") or {}
        if content.get("id") is not None:
            properties = {"id": content["id"], **properties}
        yield Feature(path, where, properties, _shape(content.get("geometry")))
    else:
        raise BadFileError(
            path, "It is no GeoJSON Feature or FeatureCollection.", remedy="name a file of territories.", where=where
        )


def _check_crs_member(path: Path, content: dict[str, Any]) -> None:
    """An old form of GeoJSON names its projection; the standard has none but WGS 84."""
    if (crs := content.get("crs")) is not None and not str(crs.get("properties", crs)).rstrip("'}").endswith(DEGREES):
        raise BadFileError(path, f"Its projection is {crs.get('properties', crs)}.", remedy=TO_DEGREES)


def _shape(geometry: Any) -> Any:
    if geometry is None:
        return None
    try:
        return shapely.force_2d(shape(geometry))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError) as fault:
        return f"Its geometry cannot be read ({type(fault).__name__}: {fault})."


def _of_gis(path: Path) -> Iterator[Feature]:
    read_bytes(path)  # says clearly what is wrong with a file that is missing or empty
    try:
        for layer, geometry_type in pyogrio.list_layers(path):
            if geometry_type is not None:
                yield from _of_layer(path, str(layer))
    except (DataSourceError, DataLayerError) as fault:
        raise BadFileError(
            path,
            f"It cannot be opened ({fault}).",
            remedy="fetch it again; a Shapefile needs its .shx, .dbf and .prj beside it.",
        ) from None


def _of_layer(path: Path, layer: str) -> Iterator[Feature]:
    meta, _, shapes, columns = pyogrio.raw.read(path, layer=layer, force_2d=True)
    crs = meta["crs"]
    if crs is not None and not crs.endswith(DEGREES):
        raise BadFileError(path, f"Its projection is {crs[:80]}.", remedy=TO_DEGREES, where=f"layer {layer}")
    for number, wkb in enumerate(shapes):
        values = (_plain(column[number]) for column in columns)
        properties = dict(zip(meta["fields"], values, strict=True))
        geometry = shapely.from_wkb(wkb) if wkb is not None else None
        yield Feature(path, f"{layer}, feature {number + 1}", properties, geometry)


def _plain(value: Any) -> Any:
    """Of numpy's scalars, Python's; whole floats (a DBF's numbers) as integers; NaN as None."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        return None if math.isnan(value) else int(value) if value.is_integer() else value
    return value
