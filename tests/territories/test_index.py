"""What is in force, as look-ups see it."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from shapely import box

from territories import index
from territories.addresses import Address
from territories.geocoding import Location, locate
from territories.models import DataSet, ServiceTerritory, Utility
from territories.sites import decide_site
from territories.snapshot import state_in_force
from tests.factories import SiteFactory
from tests.territories.conftest import at, collection, feature, real_addresses, square, utility_row
from tests.waiting import wait_for
from texture_portal import clock


def test_a_place_inside_one_territory_is_matched(grid, address):
    match = index.match(at(37.8, -97.2), address=address)
    assert (match.outcome, match.utility_id) == ("matched", grid.west.pk)


def test_a_towns_own_utility_serves_the_place_within_the_companys_territory(grid, address):
    match = index.match(at(37.45, -97.55), address=address)
    assert (match.outcome, match.utility_id, match.cca_id) == ("matched", grid.town.pk, None)
    assert "nesting" in {said.name for said in match.candidates[-1].testimony}


def test_two_territories_of_one_kind_are_ambiguous_until_the_zip_table_tells(grid, address, write, run):
    border = at(37.5, -97.0)
    assert index.match(border, address=address).outcome == "ambiguous"
    run("import_zip_table", write("zips.csv", "zip,eiaid,utility_name\n67002,2,East\n67003,1,West\n"))
    match = index.match(border, address=address)
    assert (match.outcome, match.utility_id) == ("matched", grid.east.pk)
    assert "zip_table" in match.candidates[0].evidence


def test_a_boundary_is_as_sharp_as_its_data_set_and_the_place_are_known(grid, address, write, run):
    # a degree of longitude is 88 km here: 0.002 is 177 m from the boundary
    near = at(37.5, -97.002, 20)
    assert index.match(near, address=address).outcome == "ambiguous"  # known to 500 m, where an import says no better
    sharp = collection(
        feature("st-1", square(-98, 37, -97, 38), eiaId="1", name="sharp"),
        feature("st-2", square(-97, 37, -96, 38), eiaId="2", name="sharp"),
    )
    run("import_territories", "--edge-error", "30", write("sharp.geojson", sharp))
    assert index.match(near, address=address).utility_id == grid.west.pk
    assert index.match(at(37.5, -97.002, 800), address=address).outcome == "ambiguous"


def test_a_disc_is_as_wide_in_alaska(grid, address, write, run):
    run("import_utilities", write("north.json", [utility_row("north", eiaId="7", jurisdiction="AK")]))
    north = collection(feature("n", square(-150, 60, -140, 70), eiaId="7"))
    run("import_territories", "--edge-error", "1", write("north.geojson", north))
    # 0.002 degrees of longitude are 86 m at 67.4 degrees north
    assert index.match(at(67.4, -150.002, 40), address=address).outcome == "no_match"
    match = index.match(at(67.4, -150.002, 80), address=replace(address, state="AK"))
    assert "85 m outside" in match.candidates[0].testimony[0].words


def test_a_wide_disc_weighs_by_how_much_of_it_each_territory_holds(grid, address):
    assert index.match(at(37.8, -97.0, 20_000), address=address).outcome == "ambiguous"
    match = index.match(at(37.5, -97.2, 20_000), address=address)
    assert match.utility_id == grid.west.pk
    assert 0.5 < match.candidates[0].score < 1


def test_a_place_in_no_territory_is_no_match(grid, address):
    assert index.match(at(45.0, -110.0), address=address).outcome == "no_match"


def test_an_empty_database_matches_nothing(db, address):
    assert index.match(at(37.8, -97.2), address=address).outcome == "no_match"
    assert index.data_sets_in_force() == []


def test_the_cca_overlays_the_wires_inside_its_territory_only(grid, address):
    assert index.match(at(37.1, -97.8), address=address).cca_id == grid.cca.pk
    assert index.match(at(37.8, -97.8), address=address).cca_id is None


def test_utilities_without_homes_are_no_candidates(grid, address, write, run):
    rows = [
        utility_row("big-transmission", eiaId="20", segment="TRANSMISSION_OPERATOR"),
        utility_row("gone", eiaId="21", status="DEFUNCT"),
    ]
    run("import_utilities", write("more.json", rows))
    around = square(-99, 36, -95, 39)
    run(
        "import_territories",
        write("more.geojson", collection(*(feature(f"x-{n}", around, eiaId=str(n)) for n in (20, 21, 22)))),
    )
    assert index.match(at(37.8, -97.2), address=address).utility_id == grid.west.pk


def test_a_merged_utilitys_territory_is_its_successors(grid, address, write, run):
    run(
        "import_utilities",
        write(
            "utilities.json",
            [
                utility_row("west-power", eiaId="1", status="MERGED", successorId="id-east-power"),
                utility_row("east-power", eiaId="2"),
            ],
        ),
    )
    match = index.match(at(37.9, -97.0, 100), address=address)  # on what was their boundary
    assert (match.outcome, match.utility_id) == ("matched", grid.east.pk)
    assert len(match.candidates) == 1


def test_a_merged_utility_without_a_territory_stands_in_the_tables_for_its_successor(grid, address, write, run):
    """As Gulf Power does, whose ZIP codes lie in another's territory as drawn, for Florida Power & Light."""
    gulf = utility_row("gulf", eiaId="5", status="MERGED", successorId="id-east-power")
    run("import_utilities", write("merged.json", [gulf, utility_row("east-power", eiaId="2")]))
    run("import_zip_table", write("zips.csv", "zip,eiaid\n67002,5\n67003,1\n"))
    match = index.match(at(37.8, -97.3), address=address)  # deep in West Power's
    assert match.candidates[0].utility_id == grid.east.pk
    assert "stands for Gulf" in " ".join(said.words for said in match.candidates[0].testimony)


def test_a_utility_without_a_territory_is_known_from_the_tables(grid, address, write, run):
    run("import_utilities", write("more.json", [utility_row("unmapped", eiaId="8")]))
    run("import_zip_table", write("zips.csv", "zip,eiaid\n67002,8\n"))
    match = index.match(at(45.0, -110.0), address=address)
    assert [candidate.eia_id for candidate in match.candidates] == ["8"]


def test_one_of_unknown_kind_that_both_tables_name_puts_the_others_in_doubt(grid, address, write, run):
    place = at(37.8, -97.3)
    strange = feature("x-8", square(-97.4, 37.7, -97.2, 37.9), eiaId="8")
    run("import_territories", write("more.geojson", collection(strange)))
    assert index.match(place, address=address).utility_id == grid.west.pk
    run("import_zip_table", write("zips.csv", "zip,eiaid\n67002,8\n67003,1\n"))
    run("import_county_table", write("counties.csv", "utility_number,state,county\n8,KS,Sedgwick\n1,KS,Sedgwick\n"))
    match = index.match(place, address=address)
    assert match.outcome == "ambiguous"
    assert "X-8" in match.reason


@pytest.mark.parametrize("hint", [{"eiaId": "2"}, {"name": "EAST POWER"}])
def test_a_partners_hint_is_evidence_and_not_the_last_word(grid, address, hint):
    match = index.match(at(37.5, -97.0), address=address, utility_hint=hint)
    assert match.outcome == "ambiguous"
    assert match.candidates[0].utility_id == grid.east.pk
    assert "partner_hint" in match.candidates[0].evidence


@pytest.mark.parametrize("hint", [{}, None, {"eiaId": None}, {"name": ""}, {"eiaId": "999"}])
def test_an_empty_or_unknown_hint_is_no_evidence(grid, address, hint):
    match = index.match(at(37.45, -97.55), address=address, utility_hint=hint)
    assert not any("partner_hint" in candidate.evidence for candidate in match.candidates)


def test_the_versions_in_force_are_named(grid):
    assert index.data_sets_in_force() == ["ccas.geojson v1", "territories.geojson v1", "utilities.json v1"]


@pytest.mark.django_db(transaction=True)
def test_what_staff_change_on_a_utility_is_in_force_soon_and_no_look_up_waits(grid, address, monkeypatch):
    place = at(37.8, -97.2)
    index.match(place, address=address)
    monkeypatch.setattr(index, "CHECK_SECONDS", 0.0)
    grid.west.status = Utility.Status.DEFUNCT
    grid.west.save()
    assert index.match(place, address=address).outcome == "matched"  # a thread reads what is new meanwhile
    wait_for(lambda: index.match(place, address=address).outcome == "no_match")


@pytest.mark.django_db(transaction=True)
def test_a_reviewers_decision_is_evidence_for_the_neighbours_soon(grid, address, monkeypatch):
    border = at(37.5, -97.0)
    before = index.match(border, address=address)
    state, areas = index.in_force().state, index.in_force().areas
    for number in range(4):
        site = SiteFactory(
            latitude=37.5002, longitude=-97 + number / 10_000, accuracy_meters=20, timezone="America/Chicago"
        )
        decide_site(site, utility=grid.east, now=clock.now())
    monkeypatch.setattr(index, "CHECK_SECONDS", 0.0)
    wait_for(lambda: index.in_force().state == state_in_force() != state)
    after = index.match(border, address=address)
    assert (before.outcome, after.utility_id) == ("ambiguous", grid.east.pk)
    assert "reviewer_decision" in after.candidates[0].evidence
    assert index.in_force().areas is areas  # nothing else was read again


def test_the_database_is_not_asked_at_every_look_up(grid, address, django_assert_num_queries):
    index.match(at(37.8, -97.2), address=address)
    with django_assert_num_queries(0):
        for _ in range(50):
            index.match(at(37.8, -97.2), address=address)


@pytest.mark.django_db(transaction=True)
def test_an_import_by_another_process_is_in_force_within_5_seconds(address, write):
    place = at(37.5, -97.5)
    assert index.match(place, address=address).outcome == "no_match"
    utilities = write("utilities.json", [utility_row("west-power", eiaId="1")])
    territories = write("t.geojson", collection(feature("st-1", square(-98, 37, -97, 38), eiaId="1")))
    for command, path in (("import_utilities", utilities), ("import_territories", territories)):
        _run_elsewhere(command, path)
    assert index.CHECK_SECONDS < 5 / 2, "to read it takes its time, too"
    wait_for(lambda: index.match(place, address=address).outcome == "matched", every=0.1)


def _run_elsewhere(command, path):
    """In a process of its own, on the test's database."""
    code = (
        "import django; from django.conf import settings; django.setup();"
        f"settings.DATABASES['default']['NAME'] = {connection.settings_dict['NAME']!r};"
        f"from django.core.management import call_command; call_command({command!r}, {str(path)!r})"
    )
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "texture_portal.settings"}
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db(transaction=True)
def test_look_ups_under_way_are_not_disturbed_by_a_reload(address, monkeypatch):
    """Eight threads look up while data sets change under them: every answer is one of the two in force."""
    west = _utility_with_territory("west-power", "1")
    monkeypatch.setattr(index, "CHECK_SECONDS", 0.0)
    stop, faults, outcomes = threading.Event(), [], set()

    def look_up():
        try:
            while not stop.is_set():
                match = index.match(at(37.5, -97.5), address=address)
                outcomes.add((match.outcome, match.utility_id))
        except Exception as fault:  # a test's thread must report whatever happened
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=look_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for turn in range(200):
        west.status = Utility.Status.DEFUNCT if turn % 2 else Utility.Status.ACTIVE
        west.save()
        time.sleep(0.05 + turn / 100)
        if faults or len(outcomes) > 1:
            break
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert outcomes == {("matched", west.pk), ("no_match", None)}


def _utility_with_territory(slug, eia_id):
    utility = Utility.objects.create(slug=slug, eia_id=eia_id, name=slug, segment="investor_owned_utility")
    data_set = DataSet.objects.create(
        kind=DataSet.Kind.TERRITORIES, name=slug, digest="", version=1, in_force_since=clock.now()
    )
    ServiceTerritory.objects.create(
        source_id=f"{slug}-{uuid4()}", utility=utility, name=slug, boundary=box(-98, 37, -97, 38).wkb, data_set=data_set
    )
    return utility


@pytest.mark.real_data
def test_real_addresses_are_matched_and_few_are_left_to_reviewers(real_grid, real_data):
    rows = real_addresses(real_data)
    asked = [
        (
            Location(row["coordinates"]["lat"], row["coordinates"]["lng"], 50.0, "UTC", "test"),
            Address(row["address1"], "", row["city"], row["state"], row["postal_code"]),
        )
        for row in rows
    ]
    outcomes = [index.match(location, address=address).outcome for location, address in asked]
    assert outcomes.count("matched") / len(outcomes) >= 0.9
    assert outcomes.count("no_match") / len(outcomes) <= 0.005

    civic_center = Address("3501 Civic Center Dr", "", "San Rafael", "CA", "94903")
    match = index.match(locate(civic_center), address=civic_center)
    assert match.outcome == "matched"
    assert Utility.objects.get(pk=match.utility_id).eia_id == "14328"
    assert Utility.objects.get(pk=match.cca_id).name == "Marin Clean Energy"
