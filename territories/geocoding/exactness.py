"""How far off a service's answer may be, in metres, read from the answer as that service writes it."""

from collections.abc import Mapping
from typing import Any

from territories.geocoding.base import meters_between

ROOF_METERS = 30.0
ALONG_THE_STREET_METERS = 100.0
UNKNOWN_METERS = float("inf")


def of_nominatim(found: Mapping[str, Any]) -> float:
    """A house is a small box, a street a long one."""
    south, north, west, east = map(float, found["boundingbox"])
    return max(ROOF_METERS, half_diagonal(south, west, north, east))


def of_google(found: Mapping[str, Any]) -> float:
    geometry = found["geometry"]
    if geometry["location_type"] in (steps := {"ROOFTOP": ROOF_METERS, "RANGE_INTERPOLATED": ALONG_THE_STREET_METERS}):
        return steps[geometry["location_type"]]
    return _between_corners(geometry.get("bounds") or geometry["viewport"])


def of_arcgis(found: Mapping[str, Any]) -> float:
    kind = found.get("attributes", {}).get("Addr_type", "")
    if kind in ("Subaddress", "PointAddress", "Parcel"):
        return ROOF_METERS
    if kind in ("StreetAddress", "StreetAddressExt"):
        return ALONG_THE_STREET_METERS
    box = found["extent"]
    return max(ROOF_METERS, half_diagonal(*(float(box[side]) for side in ("ymin", "xmin", "ymax", "xmax"))))


def of_opencage(found: Mapping[str, Any]) -> float:
    if found.get("components", {}).get("_type") == "building":
        return ROOF_METERS
    return _between_corners(found["bounds"])


def of_mapbox(found: Mapping[str, Any]) -> float:
    if "address" not in found["place_type"]:
        return UNKNOWN_METERS if "bbox" not in found else half_diagonal(*(found["bbox"][at] for at in (1, 0, 3, 2)))
    exact = found.get("properties", {}).get("accuracy") in ("rooftop", "parcel", "point")
    return ROOF_METERS if exact else ALONG_THE_STREET_METERS


def half_diagonal(south: float, west: float, north: float, east: float) -> float:
    return meters_between((south, west), (north, east)) / 2


def _between_corners(box: Mapping[str, Any]) -> float:
    southwest, northeast = box["southwest"], box["northeast"]
    return max(ROOF_METERS, half_diagonal(southwest["lat"], southwest["lng"], northeast["lat"], northeast["lng"]))
