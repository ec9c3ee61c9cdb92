import json

import numpy as np
import pyogrio
import pytest
import shapely
from django.core.management import CommandError
from shapely.geometry import shape

from territories import index
from territories.models import DataSet, ServiceTerritory, Utility
from tests.territories.conftest import BOW_TIE, at, collection, feature, square, utility_row

pytestmark = pytest.mark.django_db

HERE = square(-98, 37, -97, 38)


@pytest.fixture
def west(run, write):
    run("import_utilities", write("utilities.json", [utility_row("west-power", eiaId="1")]))
    return Utility.objects.get()


def lines(*features):
    return "".join(json.dumps(f) + "\n" for f in features)


def gis(path, *geometries, crs="EPSG:4326", **columns):
    columns = columns or {"id": [f"t-{n}" for n in range(len(geometries))], "eiaId": ["1"] * len(geometries)}
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(shape(g)) for g in geometries], dtype=object),
        [np.array(values, dtype=object) for values in columns.values()],
        list(columns),
        geometry_type="Polygon",
        crs=crs,
    )
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.geojson", collection(feature("t-1", HERE, eiaId="1", state="KS"))),
        ("t.json", feature("t-1", HERE, eiaId=1, state="KS")),
        ("t.geojsonl", lines(feature("t-1", HERE, eiaId="1", state="KS"))),
        ("t.ndjson", "\n" + lines(feature("t-1", HERE, eiaId="1", state="KS"))),
        ("t.jsonl", "\x1e" + lines(feature("t-1", HERE, EIAID="1", STATE="KS"))),
    ],
)
def test_every_form_of_geojson_is_read(west, run, write, address, name, content):
    run("import_territories", write(name, content))
    territory = ServiceTerritory.objects.get()
    assert (territory.source_id, territory.name, territory.state) == ("t-1", "T-1", "KS")
    assert (territory.utility, territory.data_set.name, territory.repaired) == (west, name, False)
    assert index.match(at(37.5, -97.5), address=address).utility_id == west.pk


@pytest.mark.parametrize("name", ["t.gpkg", "t.shp"])
def test_shapefiles_and_geopackages_are_read(west, run, tmp_path, address, name):
    run("import_territories", gis(tmp_path / name, HERE, square(-97, 37, -96, 38)))
    assert set(ServiceTerritory.objects.values_list("source_id", flat=True)) == {"t-0", "t-1"}
    assert index.match(at(37.5, -97.5), address=address).utility_id == west.pk


def test_several_files_are_one_transaction(west, run, write):
    good, bad = write("good.geojson", collection(feature("t-1", HERE, eiaId="1"))), write("bad.geojson", "{")
    with pytest.raises(CommandError, match=r"bad\.geojson"):
        run("import_territories", good, bad)
    assert not ServiceTerritory.objects.exists()
    assert not DataSet.objects.filter(kind="territories").exists()


def test_a_second_import_changes_nothing(west, run, write):
    path = write("t.geojson", collection(feature("t-1", HERE, eiaId="1"), feature("t-2", BOW_TIE, eiaId="77")))
    run("import_territories", path)
    before = list(ServiceTerritory.objects.order_by("pk").values())
    printed = run("import_territories", path)
    assert "0 new, 0 changed, 2 unchanged, 1 repaired, 0 refused. Nothing changed." in printed
    assert list(ServiceTerritory.objects.order_by("pk").values()) == before
    assert DataSet.objects.filter(kind="territories").count() == 1


def test_a_new_version_of_a_data_set_replaces_the_last(west, run, write, address):
    run("import_territories", write("other.geojson", collection(feature("other", HERE, eiaId="1"))))
    run("import_territories", write("t.geojson", collection(*(feature(f"t-{n}", HERE, eiaId="1") for n in (1, 2, 3)))))
    moved = square(-90, 37, -89, 38)
    printed = run(
        "import_territories",
        write("t.geojson", collection(feature("t-1", HERE, eiaId="1"), feature("t-2", moved, eiaId="1"))),
    )
    assert "0 new, 1 changed, 1 unchanged, 0 repaired, 0 refused, 1 withdrawn. In force as version 2." in printed
    assert "withdrawn: t-3" in printed
    assert set(ServiceTerritory.objects.values_list("source_id", flat=True)) == {"other", "t-1", "t-2"}
    assert index.match(at(37.5, -89.5), address=address).outcome == "matched"


def test_a_figure_of_eight_is_repaired_with_both_its_lobes_and_named(west, run, write, address):
    printed = run("import_territories", write("t.geojson", collection(feature("t-1", BOW_TIE, eiaId="1"))))
    assert "repaired: t.geojson, feature 1 (t-1): Self-intersection" in printed
    territory = ServiceTerritory.objects.get()
    boundary = shapely.from_wkb(bytes(territory.boundary))
    assert territory.repaired
    assert boundary.is_valid
    assert boundary.area == pytest.approx(2.0)
    for longitude in (-97.9, -96.1):
        assert index.match(at(38.0, longitude), address=address).utility_id == west.pk


def test_a_hole_stays_a_hole_when_something_else_is_repaired(west, run, write, address):
    outer, hole = square(-98, 36, -96, 38)["coordinates"][0], square(-97.5, 36.5, -96.5, 37.5)["coordinates"][0]
    spike = [*outer[:4], [-98.5, 38], *outer[4:]]  # out and back along one line
    run(
        "import_territories",
        write(
            "t.geojson",
            collection(
                feature(
                    "t",
                    {
                        "type": "Polygon",
                        "coordinates": [[*spike[:3], [-96, 38], [-98.5, 38], [-98, 38], [-98, 36]], hole],
                    },
                    eiaId="1",
                )
            ),
        ),
    )
    assert ServiceTerritory.objects.get().repaired
    assert index.match(at(37.0, -97.0), address=address).outcome == "no_match"
    assert index.match(at(36.2, -97.0), address=address).outcome == "matched"


@pytest.mark.parametrize(
    ("geometry", "why"),
    [
        (None, "no geometry"),
        ({"type": "Polygon", "coordinates": []}, "no geometry"),
        ({"type": "Point", "coordinates": [-97, 37]}, "a Point, not a polygon"),
        ({"type": "Polygon", "coordinates": [[[-97, 37], [-96, 37]]]}, "cannot be read"),
        ({"type": "Polygon", "coordinates": [[[-97, "x"], [-96, 37], [-96, 38], [-97, 37]]]}, "cannot be read"),
        ({"type": "Polygon", "coordinates": [[[-97, 37], [-96, 38], [-95, 39], [-97, 37]]]}, "Nothing is left of it"),
        ({"type": "Blob", "coordinates": []}, "cannot be read"),
        ("text", "cannot be read"),
    ],
)
def test_a_feature_without_a_usable_boundary_is_named_with_the_reason(west, run, write, geometry, why):
    printed = run(
        "import_territories",
        write("t.geojson", collection(feature("t-1", HERE, eiaId="1"), feature("t-2", geometry, eiaId="1"))),
    )
    (line,) = [line for line in printed.splitlines() if "refused:" in line]
    assert "feature 2 (t-2)" in line
    assert why in line
    assert "1 new, 0 changed, 0 unchanged, 0 repaired, 1 refused" in printed


def test_a_refused_feature_leaves_its_former_boundary_in_force(west, run, write):
    run("import_territories", write("t.geojson", collection(*(feature(f"t-{n}", HERE, eiaId="1") for n in (1, 2)))))
    run("import_territories", write("t.geojson", collection(feature("t-1", HERE, eiaId="1"), feature("t-2", None))))
    assert ServiceTerritory.objects.count() == 2


def test_an_id_twice_in_one_file_is_refused_the_second_time(west, run, write):
    twice = collection(feature("t-1", HERE, eiaId="1"), feature("t-1", square(-90, 37, -89, 38), eiaId="1"))
    assert "feature 2 (t-1): Its id is an earlier feature's." in run("import_territories", write("t.geojson", twice))


def projected(geometry):
    return {
        "type": "Polygon",
        "coordinates": [[[x * 111_319.5, y * 111_319.5] for x, y in ring] for ring in geometry["coordinates"]],
    }


def swapped(geometry):
    return {"type": "Polygon", "coordinates": [[[y, x] for x, y in ring] for ring in geometry["coordinates"]]}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "empty"),
        ("not json", "not JSON"),
        (json.dumps(collection(feature("t-1", HERE)))[:-40], "cut short"),
        ({"type": "Topology"}, "no GeoJSON Feature"),
        ([1, 2], "no GeoJSON Feature"),
        (collection(), "no features"),
        (collection(feature("t-1", {"type": "Point", "coordinates": [-97, 37]})), "not a polygon"),
        (collection(feature("t-0", HERE), feature("t-1", projected(HERE))), "feature 2.*out of range"),
        (collection(feature("t-0", HERE), feature("t-1", swapped(HERE))), "feature 2.*swapped"),
        (collection(feature("t-1", swapped(square(-80, 37, -79, 38)))), "swapped"),
        (collection(feature("t-1", square(8, 47, 9, 48))), "outside the United States"),
        (
            {**collection(feature("t-1", HERE)), "crs": {"type": "name", "properties": {"name": "EPSG:3857"}}},
            "projection is .*3857",
        ),
    ],
)
def test_a_bad_file_is_refused_by_name_with_a_remedy_and_nothing_changes(west, run, write, content, fault):
    run("import_territories", write("good.geojson", collection(feature("good", HERE, eiaId="1"))))
    before = list(ServiceTerritory.objects.values())
    with pytest.raises(CommandError, match=fault) as refused:
        run("import_territories", write("bad.geojson", content))
    assert "bad.geojson" in str(refused.value)
    assert list(ServiceTerritory.objects.values()) == before
    assert DataSet.objects.filter(kind="territories").count() == 1


def test_a_line_cut_short_is_named(west, run, write):
    with pytest.raises(CommandError, match=r"t\.geojsonl, line 2.*cut short"):
        run("import_territories", write("t.geojsonl", lines(feature("t-1", HERE, eiaId="1")) + '{"type": "Fea'))


@pytest.mark.parametrize("name", ["t.gpkg", "t.shp"])
def test_a_projected_gis_file_is_refused_with_a_remedy(west, run, tmp_path, name):
    with pytest.raises(CommandError, match=r"projection is (?s:.)*ogr2ogr -t_srs EPSG:4326"):
        run("import_territories", gis(tmp_path / name, projected(HERE), crs="EPSG:3857"))


@pytest.mark.parametrize("name", ["t.gpkg", "t.shp"])
def test_a_gis_file_that_is_none_is_refused(west, run, write, name):
    with pytest.raises(CommandError, match="cannot be opened"):
        run("import_territories", write(name, "this is no such file"))


def test_an_unknown_ending_is_refused_with_the_known_ones(west, run, write):
    with pytest.raises(CommandError, match=r"\.gpkg"):
        run("import_territories", write("t.kml", "<kml/>"))


def test_the_old_crs_member_that_names_wgs_84_is_taken(west, run, write):
    content = collection(feature("t-1", HERE, eiaId="1"))
    content["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert "1 new" in run("import_territories", write("t.geojson", content))


def test_a_territory_without_a_utilitys_row_gets_one_that_serves_no_homes(west, run, write, address):
    path = write("t.geojson", collection(feature("t-9", HERE, eiaId="99", name="Lost Valley Electric")))
    assert "Lost Valley Electric (EIA id 99) has no utility row" in run("import_territories", path)
    made = Utility.objects.get(eia_id="99")
    assert (made.segment, made.serves_homes) == ("unknown", False)
    assert index.match(at(37.5, -97.5), address=address).outcome == "no_match"
    assert "Nothing changed" in run("import_territories", path)


def test_a_row_that_comes_later_takes_the_made_ones_place(west, run, write, address):
    run("import_territories", write("t.geojson", collection(feature("t-9", HERE, eiaId="99"))))
    run("import_utilities", write("more.json", [utility_row("lost-valley", eiaId="99")]))
    assert index.match(at(37.5, -97.5), address=address).utility_id == Utility.objects.get(slug="lost-valley").pk


def test_a_cca_is_found_by_eia_id_or_by_name_or_made(west, run, write):
    rows = [
        utility_row(slug, segment="COMMUNITY_CHOICE_AGGREGATOR", eiaId=e) for slug, e in (("a", "5"), ("b-c", None))
    ]
    run("import_utilities", write("ccas.json", rows))
    features = [
        feature("region-cca-1", HERE, eiaId="5"),
        feature("region-cca-2", HERE, eiaId=None, name="B C"),
        feature("region-cca-3", HERE, eiaId=None, name="New Choice"),
    ]
    run("import_territories", "--cca", write("ccas.geojson", collection(*features)))
    owners = dict(ServiceTerritory.objects.values_list("source_id", "utility__slug"))
    assert owners == {"region-cca-1": "a", "region-cca-2": "b-c", "region-cca-3": "region-cca-3"}
    assert Utility.objects.get(slug="region-cca-3").segment == "community_choice_aggregator"


def test_a_utilitys_territory_is_no_ccas(west, run, write):
    with pytest.raises(CommandError, match="west-power is no CCA"):
        run("import_territories", "--cca", write("t.geojson", collection(feature("t-1", HERE, eiaId="1"))))


def test_grid_operators_regions_are_no_service_territories(west, run, write):
    with pytest.raises(CommandError, match="grid operator's region"):
        run("import_territories", write("t.geojson", collection(feature("region-iso-caiso", HERE))))


@pytest.mark.real_data
def test_the_real_territories_import_twice(run, real_data):
    run("import_utilities", real_data / "territories/utilities.json")
    path = real_data / "territories/us_service_territories.geojsonl"
    printed = run("import_territories", path)
    assert "2,919 new, 0 changed, 0 unchanged, 567 repaired, 0 refused" in printed
    assert printed.count("has no utility row") == 29
    assert "0 new, 0 changed, 2,919 unchanged" in run("import_territories", path)
    printed = run("import_territories", "--cca", real_data / "territories/ca_cca_territories.geojsonl")
    assert "25 new, 0 changed, 0 unchanged, 10 repaired, 0 refused" in printed


def test_a_territory_of_a_million_vertices_is_refused_and_the_one_in_force_stays(db, run, write):
    run("import_territories", write("t.geojson", collection(feature("st-1", square(-98, 37, -97, 38), eiaId="1"))))
    before = ServiceTerritory.objects.get().boundary
    step = 1 / 300_000
    ring = [[-98 + place * step, 37] for place in range(300_000)] + [[-97, 38], [-98, 38], [-98, 37]]
    scanned = feature("st-1", {"type": "Polygon", "coordinates": [ring]}, eiaId="1")
    with pytest.raises(CommandError, match=r"st-1.*300,003 vertices"):
        run("import_territories", write("t.geojson", collection(scanned)))
    assert bytes(ServiceTerritory.objects.get().boundary) == bytes(before)
