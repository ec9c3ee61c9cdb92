"""Programs, and a whole checkout of CommonGrid."""

from datetime import date

import pytest
from django.core.management import CommandError

from programs.models import Program
from territories.models import DataSet, ServiceTerritory, Utility
from tests.territories.conftest import BOW_TIE, collection, feature, square, utility_row

pytestmark = pytest.mark.django_db


def program_row(slug="peak-saver", **more):
    row = {
        "id": f"prog-{slug}",
        "slug": slug,
        "name": slug.replace("-", " ").title(),
        "organizations": [{"entityId": "west-power", "role": "ADMINISTRATOR"}],
        "assetTypes": ["THERMOSTAT"],
        "marketSegments": ["RESIDENTIAL"],
        "participationModels": ["EVENT_BASED"],
        "gridServices": ["DEMAND_RESPONSE", "PEAK_SHAVING"],
        "regions": [],
        "status": "ACTIVE",
        "variants": [],
    }
    return row | more


def facts():
    return {(program.slug, program.type, tuple(program.device_types)) for program in Program.objects.all()}


def test_a_program_is_imported_in_our_words(grid, run, write):
    row = program_row(launchedAt="2025-03-01T00:00:00Z", endsAt="2027-12-31", maxEnrollments=250, status="PAUSED")
    assert "1 new" in run("import_programs", write("programs.json", [row]))
    program = Program.objects.get()
    assert (program.slug, program.name, program.owner) == ("peak-saver", "Peak Saver", grid.west)
    assert (program.type, program.device_types, program.status) == ("demand_response", ["thermostat"], "paused")
    assert (program.starts_on, program.ends_on) == (date(2025, 3, 1), date(2027, 12, 31))
    assert program.max_enrollments == 250
    assert program.history.get().history_change_reason == "imported"


@pytest.mark.parametrize(
    ("assets", "services", "models", "expected"),
    [
        (["BATTERY"], ["DEMAND_RESPONSE"], ["EVENT_BASED"], {("p", "demand_response", ("battery",))}),
        (
            ["BATTERY"],
            ["PEAK_SHAVING"],
            ["DIRECT_CONTROL"],
            {
                ("p", "demand_response", ("battery",)),
                ("p-virtual-power-plant", "virtual_power_plant", ("battery",)),
            },
        ),
        (
            ["EV_CHARGER"],
            ["LOAD_SHIFTING"],
            ["SCHEDULED"],
            {
                ("p", "time_of_use", ("charger", "vehicle")),
                ("p-managed-charging", "managed_charging", ("charger", "vehicle")),
            },
        ),
        (
            ["SOLAR_PV", "HVAC", "WATER_HEATER"],
            ["RENEWABLE_INTEGRATION"],
            [],
            {("p", "solar_curtailment", ("inverter", "thermostat", "other"))},
        ),
        (
            ["BATTERY"],
            ["TRANSMISSION", "DISTRIBUTION_VOLTAGE_SUPPORT"],
            [],
            {
                ("p", "frequency_regulation", ("battery",)),
                ("p-capacity", "capacity", ("battery",)),
            },
        ),
    ],
)
def test_asset_types_and_grid_services_become_device_types_and_program_types(
    grid, run, write, assets, services, models, expected
):
    row = program_row("p", assetTypes=assets, gridServices=services, participationModels=models)
    run("import_programs", write("programs.json", [row]))
    assert facts() == expected
    groups = set(Program.objects.values_list("exclusive_group", flat=True))
    assert groups == ({"p"} if len(expected) > 1 else {""})


def test_a_capacity_is_kept_by_one_row_of_the_primary_type(grid, run, write):
    row = program_row("p", assetTypes=["BATTERY"], participationModels=["DIRECT_CONTROL"], maxEnrollments=10)
    run("import_programs", write("programs.json", [row]))
    assert facts() == {("p", "demand_response", ("battery",))}


def test_a_program_belongs_to_the_utilities_of_its_regions(grid, run, write):
    row = program_row(regions=["st-1", "region-st-2", "cca-9", "region-st-404"])
    run("import_programs", write("programs.json", [row]))
    assert set(Program.objects.values_list("slug", "owner__slug")) == {
        ("peak-saver-west-power", "west-power"),
        ("peak-saver-east-power", "east-power"),
        ("peak-saver-sun-choice", "sun-choice"),
    }


def test_a_merged_administrators_program_is_its_successors(grid, run, write):
    rows = [
        utility_row("west-power", eiaId="1", status="MERGED", successorId="id-east-power"),
        utility_row("east-power", eiaId="2"),
    ]
    run("import_utilities", write("utilities.json", rows))
    run("import_programs", write("programs.json", [program_row()]))
    assert Program.objects.get().owner == grid.east


def test_a_second_import_changes_nothing(grid, run, write):
    path = write("programs.json", [program_row(), program_row("two", assetTypes=["EV_CHARGER"])])
    run("import_programs", path)
    before = list(Program.objects.order_by("pk").values())
    assert "0 new, 0 changed, 3 unchanged" in run("import_programs", path)
    assert list(Program.objects.order_by("pk").values()) == before
    assert Program.history.count() == 3


def test_what_changed_is_changed_with_its_history(grid, run, write):
    run("import_programs", write("programs.json", [program_row(), program_row("two")]))
    printed = run("import_programs", write("programs.json", [program_row(status="ARCHIVED"), program_row("two")]))
    assert "0 new, 1 changed, 1 unchanged" in printed
    program = Program.objects.get(slug="peak-saver")
    assert program.status == "archived"
    assert program.history.count() == 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"assetTypes": ["BATTERY", "TOASTER"]}, "asset type 'TOASTER' is not in the vocabulary"),
        ({"gridServices": ["MAGIC"]}, "grid service 'MAGIC' is not in the vocabulary"),
        ({"status": "ASLEEP"}, "status 'ASLEEP' is not in the vocabulary"),
        ({"gridServices": []}, "names no grid service"),
        ({"assetTypes": []}, "names no grid service, or no asset type"),
        ({"assetTypes": "BATTERY"}, "assetTypes is not a list"),
        ({"organizations": []}, "it names none"),
        ({"organizations": [{"entityId": "nobody"}], "regions": ["region-st-404"]}, "region-st-404, nobody"),
        ({"organizations": [{"entityId": "west-power", "role": "FUNDER"}]}, "None of its regions and administrators"),
        ({"maxEnrollments": -1}, "greater than or equal to 0"),
        ({"endsAt": "someday"}, "someday"),
        ({"launchedAt": "2026-05-01", "endsAt": "2026-04-01"}, "before it starts"),
        ({"slug": "two"}, "earlier row's"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_with_the_reason(grid, run, write, change, why):
    printed = run("import_programs", write("programs.json", [program_row("two"), program_row(**change)]))
    (line,) = [line for line in printed.splitlines() if "refused:" in line]
    assert "row 2 (" in line
    assert why in line
    assert Program.objects.get().slug == "two"


@pytest.fixture
def checkout(write, tmp_path):
    """A folder of CommonGrid's layout, with some of its oddities."""
    rows = [
        utility_row("west-power", eiaId="1", serviceTerritoryId="region-st-1"),
        utility_row("twin", eiaId="1", status="DEFUNCT"),
        utility_row("holding"),
        utility_row("marin-choice", eiaId="9", segment="COMMUNITY_CHOICE_AGGREGATOR"),
    ]
    write("data/utilities.json", rows)
    for name, content in {
        "1": feature("region-st-1", square(-98, 37, -97, 38), eiaId="1", state="KS"),
        "2": feature("region-st-2", BOW_TIE, eiaId="2", state="KS"),
        "cca-marin": feature("region-cca-marin", square(-97.8, 37.2, -97.2, 37.8), eiaId="9"),
        "iso-caiso": feature("region-iso-caiso", square(-120, 35, -119, 36), eiaId=None),
        "ba-one": feature("region-ba-one", square(-120, 35, -119, 36), eiaId="1"),
    }.items():
        write(f"data/territories/{name}.json", collection(content))
    write("data/programs.json", [program_row(), program_row("other", regions=["region-cca-marin"])])
    return tmp_path


def test_a_checkout_of_commongrid_is_imported_whole(checkout, run):
    printed = run("import_commongrid", checkout)
    assert "refused: twin: Its eiaId 1 is west-power's already" in printed
    assert "2 regions of grid operators are no service territories" in printed
    assert "repaired: 2.json, feature 1 (region-st-2): Self-intersection" in printed
    owners = dict(ServiceTerritory.objects.values_list("source_id", "utility__slug"))
    assert owners == {"region-st-1": "west-power", "region-st-2": "region-st-2", "region-cca-marin": "marin-choice"}
    assert dict(Program.objects.values_list("slug", "owner__slug")) == {
        "peak-saver": "west-power",
        "other": "marin-choice",
    }
    assert set(DataSet.objects.values_list("kind", "name", "version")) == {
        ("utilities", "utilities.json", 1),
        ("territories", "territories", 1),
        ("cca_territories", "territories", 1),
    }


def test_a_checkout_imported_twice_changes_nothing(checkout, run):
    run("import_commongrid", checkout)
    printed = run("import_commongrid", checkout / "data")
    assert printed.count("Nothing changed.") == 4
    assert DataSet.objects.count() == 3


def test_one_bad_file_in_a_checkout_leaves_everything_as_it_was(checkout, run, write):
    write("data/territories/2.json", '{"type": "FeatureCollection", "fea')
    with pytest.raises(CommandError, match=r"territories/2\.json.*cut short"):
        run("import_commongrid", checkout)
    assert not Utility.objects.exists()
    assert not DataSet.objects.exists()


def test_a_folder_that_is_no_checkout_is_refused(run, tmp_path):
    with pytest.raises(CommandError, match=r"no data/utilities\.json"):
        run("import_commongrid", tmp_path)


@pytest.mark.real_data
def test_the_real_programs_import_twice(run, real_data):
    run("import_utilities", real_data / "territories/utilities.json")
    path = real_data / "programs/commongrid_programs.json"
    printed = run("import_programs", path)
    assert "940 new, 0 changed, 0 unchanged, 0 repaired, 6 refused" in printed
    assert "0 new, 0 changed, 940 unchanged" in run("import_programs", path)
