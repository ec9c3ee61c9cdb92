"""`manage.py evaluate_matching`, on the small grid and on the real data."""

import csv
import json

import pytest
from django.core.management import CommandError, call_command

from tests.territories.conftest import real_addresses

HEADER = "latitude,longitude,postal_code,state,expected_eia_id\n"


@pytest.fixture
def evaluate(capsys):
    def evaluate(path, *options):
        call_command("evaluate_matching", str(path), *options)
        return capsys.readouterr().out

    return evaluate


@pytest.fixture
def places(write):
    rows = [
        "37.8,-97.3,67002,KS,1",  # deep in West Power's
        "37.45,-97.55,67002,KS,3",  # in town
        "37.45,-97.55,67002,KS,1",  # likewise, labelled wrongly
        "37.5,-97.0,67002,KS,1",  # on the border
        "45.0,-110.0,59715,MT,",  # nobody's
    ]
    return write("places.csv", HEADER + "\n".join(rows) + "\n")


def test_it_counts_what_is_decided_and_what_of_it_is_right(grid, places, evaluate):
    said = json.loads(evaluate(places, "--json"))
    counts = {key: value for key, value in said.items() if key not in ("calibration", "worst")}
    assert counts == {
        "total": 5, "decided": 3, "ambiguous": 1, "noMatch": 1, "labelled": 4, "right": 2, "wrong": 1,
    }  # fmt: skip
    assert sum(decile["count"] for decile in said["calibration"]) == 4


def test_the_worst_cases_come_first_with_their_evidence(grid, places, evaluate):
    worst = json.loads(evaluate(places, "--json"))["worst"]
    assert [case["line"] for case in worst[:2]] == [4, 6]
    assert (worst[0]["outcome"], worst[0]["expected"]) == ("matched", "1")
    (town, *_) = worst[0]["candidates"]
    assert town["eiaId"] == "3"
    assert {"name", "weight", "words"} == set(town["evidence"][0])


def test_the_table_says_the_same_to_people(grid, places, evaluate):
    said = evaluate(places)
    assert "4 labelled, 3 of them decided: 2 right, 1 wrong (66.67% right)" in said
    assert "line 4 (KS 67002): matched, expected 1." in said
    assert "boundary" in said


@pytest.mark.parametrize("row", ["91,-97", "-97.3,37.8x", "37.8,-397", "nan,-97", "inf,-97", "37.8,", ",-97"])
def test_what_is_no_place_on_earth_is_refused_with_its_line(grid, write, evaluate, row):
    path = write("places.csv", f"{HEADER}37.8,-97.3,67002,KS,1\n{row},67002,KS,1\n")
    with pytest.raises(CommandError, match="line 3"):
        evaluate(path)


def test_cases_that_are_alike_are_told_once(grid, write, evaluate):
    path = write("street.csv", HEADER + "37.5,-97.0,67002,KS,1\n" * 40)
    (case,) = json.loads(evaluate(path, "--json"))["worst"]
    assert case["alike"] == 39


def test_addresses_will_do_where_there_are_no_coordinates(grid, write, evaluate):
    path = write(
        "addresses.csv", "street,city,state,postal_code\n1 Main St,Benton,KS,67017\n2 Main St,Nowhere,KS,00001\n"
    )
    said = json.loads(evaluate(path, "--json"))
    assert (said["decided"], said["noMatch"]) == (1, 1)
    assert "not a ZIP code in use" in said["worst"][0]["reason"]


def test_with_coordinates_off_it_says_how_often_they_contradict(grid, write, evaluate):
    # Benton's ZIP code lies in West Power's territory, Eureka's in East Power's; the third home is far from its own
    rows = ["37.79,-97.1,67017,KS,", "37.82,-96.29,67045,KS,", "37.8,-97.3,67045,KS,"]
    said = json.loads(evaluate(write("places.csv", HEADER + "\n".join(rows) + "\n"), "--json", "--coordinates-off"))
    assert (said["decided"], said["compared"], said["contradicted"]) == (3, 3, 1)
    assert said["worst"][0]["line"] == 4


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "empty"),
        ("a,b\n1,2\n", "lacks postal_code, state"),
        (HEADER, "no rows"),
        (HEADER + "x,1,67002,KS,\n", "line 2"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(db, write, evaluate, content, fault):
    with pytest.raises(CommandError, match=fault):
        evaluate(write("places.csv", content))


@pytest.mark.real_data
def test_what_issue_4_asks_for_holds_on_the_real_data(real_grid, real_data, write, evaluate):
    rows = [
        f"{row['coordinates']['lat']},{row['coordinates']['lng']},{row['postal_code']},{row['state']},"
        for row in real_addresses(real_data)
    ]
    addresses = write("real.csv", HEADER + "\n".join(rows) + "\n")
    said = json.loads(evaluate(addresses, "--json"))
    assert said["decided"] / said["total"] >= 0.9
    assert said["noMatch"] / said["total"] <= 0.005
    without = json.loads(evaluate(addresses, "--json", "--coordinates-off"))
    assert without["contradicted"] / without["compared"] <= 0.02

    county = json.loads(evaluate(alameda(real_data, write), "--json"))
    assert county["decided"] / county["total"] >= 0.985
    assert county["right"] / (county["right"] + county["wrong"]) >= 0.997


def alameda(real_data, write):
    """Two ZIP codes are the city of Alameda's, which has its own utility; PG&E serves the rest of the county."""
    with (real_data / "addresses/openaddresses_alameda.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["LAT"]]
    lines = [
        f"{row['LAT']},{row['LON']},{row['POSTCODE']},CA,{'207' if row['POSTCODE'] in ('94501', '94502') else '14328'}"
        for row in rows
    ]
    return write("alameda.csv", HEADER + "\n".join(lines) + "\n")
