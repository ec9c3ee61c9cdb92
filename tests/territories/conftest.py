"""A small grid of our own, drawn by hand: squares around a town, in degrees."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from territories.addresses import Address
from territories.geocoding import Location, http
from territories.geocoding.geocoders import GEOCODERS
from territories.models import Utility
from tests.geocoders import geocoding_peer

OUTSIDE = sorted(name for name, geocoder in GEOCODERS.items() if geocoder.asks_outside)
REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def service(settings):
    """A simulated service that every geocoder of the table is sent to; none of its answers is kept."""
    settings.GEOCODE_CACHE_DAYS = 0
    with geocoding_peer() as peer:
        settings.CENSUS_GEOCODER_URL = f"{peer.url}/census"
        settings.GEOCODER_URLS = {name: f"{peer.url}/{name}" for name in OUTSIDE}
        settings.GEOCODER_KEYS = {name: "a-key" for name in OUTSIDE if GEOCODERS[name].wants_key}
        yield peer
        http.close()


@pytest.fixture
def real_data():
    if not REAL_DATA.exists():
        pytest.skip(f"the real data sets are not at {REAL_DATA}")
    return REAL_DATA


def real_addresses(real_data):
    lines = (real_data / "addresses/random_address_2.2.0_us.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def address():
    return Address("1 Main Street", "", "Springtown", "KS", "67002")


def square(west, south, east, north):
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


# A figure of eight, whose lobes meet in (-97, 38): what a careless simplification makes of a narrow territory.
BOW_TIE = {
    "type": "Polygon",
    "coordinates": [[[-98.0, 37.0], [-98.0, 39.0], [-96.0, 37.0], [-96.0, 39.0], [-98.0, 37.0]]],
}


def feature(id, geometry, **properties):
    return {"type": "Feature", "properties": {"id": id, "name": id.upper(), **properties}, "geometry": geometry}


def collection(*features):
    return {"type": "FeatureCollection", "features": list(features)}


def utility_row(slug, **more):
    row = {
        "id": f"id-{slug}",
        "slug": slug,
        "name": slug.replace("-", " ").title(),
        "eiaId": None,
        "segment": "INVESTOR_OWNED_UTILITY",
        "status": "ACTIVE",
        "customerCount": 50_000,
        "jurisdiction": "KS",
        "successorId": None,
    }
    return row | more


def at(latitude, longitude, accuracy_meters=50.0):
    return Location(latitude, longitude, accuracy_meters, "America/Chicago", "test")


@pytest.fixture
def write(tmp_path):
    """Writes a file into the test's folder and gives its path: text as it is, anything else as JSON."""

    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


@pytest.fixture
def run(capsys):
    """Runs an import command and gives what it printed."""

    def run(name, *arguments):
        call_command(name, *map(str, arguments))
        return capsys.readouterr().out

    return run


@pytest.fixture
def grid(db, write, run):
    """West Power and East Power meet at longitude -97; a municipal utility lies inside West Power."""
    run(
        "import_utilities",
        write(
            "utilities.json",
            [
                utility_row("west-power", eiaId="1"),
                utility_row("east-power", eiaId="2"),
                utility_row("springtown", eiaId="3", segment="MUNICIPAL_UTILITY"),
                utility_row("sun-choice", eiaId="9", segment="COMMUNITY_CHOICE_AGGREGATOR"),
            ],
        ),
    )
    run(
        "import_territories",
        write(
            "territories.geojson",
            collection(
                feature("st-1", square(-98, 37, -97, 38), eiaId="1", state="KS"),
                feature("st-2", square(-97, 37, -96, 38), eiaId="2", state="KS"),
                feature("st-3", square(-97.6, 37.4, -97.5, 37.5), eiaId="3", state="KS"),
            ),
        ),
    )
    run(
        "import_territories",
        "--cca",
        write("ccas.geojson", collection(feature("cca-9", square(-97.9, 37, -97.4, 37.6), eiaId="9"))),
    )
    return SimpleNamespace(
        west=Utility.objects.get(eia_id="1"),
        east=Utility.objects.get(eia_id="2"),
        town=Utility.objects.get(eia_id="3"),
        cca=Utility.objects.get(eia_id="9"),
    )


@pytest.fixture
def real_grid(db, real_data, run):
    run("import_utilities", real_data / "territories/utilities.json")
    run("import_territories", real_data / "territories/us_service_territories.geojsonl")
    run("import_territories", "--cca", real_data / "territories/ca_cca_territories.geojsonl")
    run("import_zip_table", *sorted((real_data / "zip").glob("*.csv")))
    run("import_county_table", real_data / "territories/eia861_service_territory_2018.csv")
