"""From a located address to its utility, in one process: look-ups a second."""

import io
import json
import resource
import time
from itertools import cycle
from pathlib import Path

import shapely
from django.core.management import call_command

from territories import index
from territories.addresses import Address
from territories.geocoding import Location
from territories.models import ServiceTerritory, Utility
from texture_portal.bench.measuring import Measurement
from texture_portal.bench.scratch import scratch_database
from texture_portal.demo import setting
from texture_portal.demo.buildings import buildings

ROUNDS = 3
ACCURACY_METERS = 50.0  # as with a partner's coordinates
LookUp = tuple[Location, Address]


def measure(data: Path | None) -> Measurement:
    """`data`: a folder of real data (territories/, zip/, addresses/); without it, the demo's coarse grid."""
    with scratch_database():
        _lay(data)
        look_ups = _real_addresses(data) if data else _demo_addresses()
        began = time.perf_counter()
        index.in_force()
        loading = time.perf_counter() - began
        seconds = [_timed(each) for _ in range(ROUNDS) for each in look_ups]
        rate, bare = len(seconds) / sum(seconds), _bare_rate(look_ups)
        slowest = _slowest_while_read_anew(look_ups)
        return Measurement(
            "matching",
            rate,
            "look-ups/s",
            seconds,
            bare,
            "an STRtree of unprepared polygons, asked for those that hold the point: no disc, no evidence",
            {
                "addresses": len(look_ups),
                "territories": ServiceTerritory.objects.count(),
                "load_s": round(loading, 2),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "slowest_ms": round(1000 * max(seconds)),
                "slowest_while_read_anew_ms": round(1000 * slowest),
                "first_round_per_s": round(len(look_ups) / sum(seconds[: len(look_ups)])),
                "data": "real" if data else "the demo's coarse grid",
            },
        )


def _lay(data: Path | None) -> None:
    if data is None:
        setting.lay_grid(None)
        return
    said, territories = io.StringIO(), data / "territories"
    call_command("import_utilities", territories / "utilities.json", stdout=said)
    call_command("import_territories", territories / "us_service_territories.geojsonl", stdout=said)
    call_command("import_territories", territories / "ca_cca_territories.geojsonl", "--cca", stdout=said)
    call_command("import_zip_table", *sorted((data / "zip").glob("*.csv")), stdout=said)
    call_command("import_county_table", *territories.glob("eia861_*.csv"), stdout=said)


def _timed(look_up: LookUp) -> float:
    location, address = look_up
    began = time.perf_counter()
    index.match(location, address=address)
    return time.perf_counter() - began


def _slowest_while_read_anew(look_ups: list[LookUp]) -> float:
    """Seconds, of all look-ups from a change of the data until the change is in force in this process."""
    before = index.in_force()
    for utility in Utility.objects.all()[:1]:
        utility.save()
    slowest = 0.0
    for look_up in cycle(look_ups):
        slowest = max(slowest, _timed(look_up))
        if index.in_force() is not before:
            break
    return slowest


def _bare_rate(look_ups: list[LookUp]) -> float:
    areas = shapely.from_wkb([bytes(wkb) for wkb in ServiceTerritory.objects.values_list("boundary", flat=True)])
    tree = shapely.STRtree(areas)
    began = time.perf_counter()
    for location, _ in look_ups:
        tree.query(shapely.Point(location.longitude, location.latitude), predicate="within")
    return len(look_ups) / (time.perf_counter() - began)


def _real_addresses(data: Path) -> list[LookUp]:
    file = next(iter(sorted((data / "addresses").glob("random_address*.jsonl"))))
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return [
        _look_up(
            row["coordinates"]["lat"],
            row["coordinates"]["lng"],
            Address(row["address1"], row["address2"], row["city"], row["state"], row["postal_code"]),
        )
        for row in rows
    ]


def _demo_addresses() -> list[LookUp]:
    located = [building for building in buildings() if building.coordinates]
    return 50 * [
        _look_up(
            *building.coordinates,
            Address(
                building.address["streetOne"],
                "",
                building.address["city"],
                building.address["state"],
                building.address["postalCode"],
            ),
        )
        for building in located
        if building.coordinates
    ]


def _look_up(latitude: float, longitude: float, address: Address) -> LookUp:
    return Location(latitude, longitude, ACCURACY_METERS, timezone="", geocoder="bench"), address
