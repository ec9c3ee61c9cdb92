"""A made-up grid: one-degree boxes around real ZIP codes, with utilities and programs that do not exist."""

import json
from pathlib import Path
from typing import Any


def address(street: str, city: str, state: str, postal_code: str) -> dict[str, str]:
    return {"streetOne": street, "city": city, "state": state, "postalCode": postal_code, "country": "US"}


MATCHED = address("3501 Civic Center Dr", "San Rafael", "CA", "94903")
MATCHED_POINT = (38.0339, -122.5855)
AMBIGUOUS = address("1777 Broadway", "Boulder", "CO", "80302")
PARTIAL = address("1221 SW 4th Ave", "Portland", "OR", "97201")
WANTS_VERIFIED_ACCOUNT = address("301 W 2nd St", "Austin", "TX", "78701")
WANTS_SET_POWER = address("200 Lincoln Ave", "Santa Fe", "NM", "87501")
PROGRAM_IS_OVER = address("451 S State St", "Salt Lake City", "UT", "84101")
OUTSIDE = address("316 N Park Ave", "Helena", "MT", "59601")
OUTSIDE_IN_GUAM = address("115 Chalan Santo Papa", "Hagatna", "GU", "96910")
NO_SUCH_ZIP = address("1 Nowhere Ln", "San Rafael", "CA", "00000")
WRONG_CITY = address("3501 Civic Center Dr", "Los Angeles", "CA", "94903")
WRONG_STATE = address("3501 Civic Center Dr", "San Rafael", "NY", "94903")

UTILITY = {"name": "Golden Bay Power", "eiaId": "90001", "segment": "investor_owned_utility"}
CCA_NAME = "Headlands Choice Energy"

# EIA id: (name, state, latitude and longitude of the box's middle)
_UTILITIES = {
    "90001": ("Golden Bay Power", "CA", 38.0, -122.6),
    "90002": ("Front Range Electric", "CO", 40.0, -105.3),
    "90003": ("Flatirons Power", "CO", 40.0, -105.3),
    "90004": ("Willamette Light", "OR", 45.5, -122.7),
    "90005": ("Hill Country Electric", "TX", 30.3, -97.7),
    "90006": ("High Desert Power", "NM", 35.7, -105.9),
    "90007": ("Great Salt Power", "UT", 40.8, -111.9),
}
_CCA = "90009"

# name: options of `create_program`
PROGRAMS: dict[str, dict[str, Any]] = {
    "Peak Saver": {"owner": "90001", "type": "demand_response"},
    "Shared Storage": {"owner": "90001", "type": "virtual_power_plant"},
    "Front Range Peak": {"owner": "90002", "type": "demand_response"},
    "Flatirons Peak": {"owner": "90003", "type": "demand_response"},
    "Hill Country Peak": {"owner": "90005", "type": "demand_response", "verified_account": True},
    "High Desert Peak": {"owner": "90006", "type": "demand_response", "requires": "battery:set-power"},
    "Great Salt Peak": {"owner": "90007", "type": "demand_response", "starts": "2024-01-01", "ends": "2024-12-31"},
}


def _utility(eia_id: str, name: str, state: str, segment: str) -> dict[str, Any]:
    return {
        "id": f"made-up-{eia_id}",
        "slug": name.lower().replace(" ", "-"),
        "name": name,
        "eiaId": eia_id,
        "segment": segment,
        "status": "ACTIVE",
        "customerCount": 100_000,
        "jurisdiction": state,
        "successorId": None,
        "serviceTerritoryId": f"made-up-territory-{eia_id}",
    }


def _territory(eia_id: str, name: str, state: str, latitude: float, longitude: float) -> dict[str, Any]:
    west, south, east, north = longitude - 0.5, latitude - 0.5, longitude + 0.5, latitude + 0.5
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"id": f"made-up-territory-{eia_id}", "name": name, "eiaId": eia_id, "state": state},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def _lines(features: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(feature) + "\n" for feature in features)


def write_files(folder: Path) -> dict[str, Path]:
    """Files in the forms of CommonGrid and OpenEI, by the importer that reads them."""
    files = {name: folder / name for name in ("utilities.json", "territories.geojsonl", "ccas.geojsonl", "zips.csv")}
    rows = [_utility(eia, name, state, "INVESTOR_OWNED_UTILITY") for eia, (name, state, *_) in _UTILITIES.items()]
    rows.append(_utility(_CCA, CCA_NAME, "CA", "COMMUNITY_CHOICE_AGGREGATOR"))
    files["utilities.json"].write_text(json.dumps(rows))
    files["territories.geojsonl"].write_text(_lines([_territory(eia, *row) for eia, row in _UTILITIES.items()]))
    files["ccas.geojsonl"].write_text(_lines([_territory(_CCA, CCA_NAME, "CA", 38.0, -122.6)]))
    files["zips.csv"].write_text(
        "zip,eiaid,utility_name,state,service_type,ownership,comm_rate,ind_rate,res_rate\n"
        "94903,90001,Golden Bay Power,CA,Bundled,Investor Owned,0.1,0.1,0.1\n"
    )
    return files
