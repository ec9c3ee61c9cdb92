"""`manage.py geocode FILE`: a list of addresses, located."""

import csv
import io

import pytest
from django.core.management import CommandError

pytestmark = pytest.mark.django_db

LIST = """name,street,city,state,postal_code
Ann,3501 Civic Center Dr,San Rafael,CA,94903
Bob,"9 Nowhere Ln, #2",San Rafael,CA,94903
Cid,1 Oak St,San Rafael,CA,94903
Dee,3501 Civic Center Drive,San Rafael,CA,94903
Eve,2 Oak St,San Rafael,CA,94903
"""


def test_rows_come_back_located_in_order_by_one_file(service, settings, write, run):
    settings.GEOCODERS = ["census"]
    service.places["1 oak"] = [("1 OAK ST", 37.98, -122.53)]
    rows = list(csv.DictReader(io.StringIO(run("geocode", write("list.csv", LIST)))))
    assert [row["name"] for row in rows] == ["Ann", "Bob", "Cid", "Dee", "Eve"]
    assert [row["latitude"] for row in rows] == ["37.9975", "", "37.98", "37.9975", ""]
    assert rows[1]["fault"] == "No such street address is known."
    assert rows[0]["geocoder"] == "census"
    assert [path for path, *_ in service.asked] == ["/census/locations/addressbatch"]


def test_the_offline_geocoder_takes_files_too(write, run):
    rows = list(csv.DictReader(io.StringIO(run("geocode", write("list.csv", LIST)))))
    assert {row["geocoder"] for row in rows} == {"postal"}


@pytest.mark.parametrize("content", ["", "street,city\n1 Main St,Springtown\n", "\x00,\n"])
def test_a_file_of_another_form_is_refused(write, run, content):
    with pytest.raises(CommandError, match="no column"):
        run("geocode", write("list.csv", content))


def test_a_file_that_cannot_be_read_is_refused(tmp_path, run):
    with pytest.raises(CommandError, match="cannot be read"):
        run("geocode", tmp_path / "absent.csv")
    (tmp_path / "latin.csv").write_bytes(b"street,city,state,postal_code\n1 Pe\xf1a St,San Rafael,CA,94903\n")
    with pytest.raises(CommandError, match="cannot be read"):
        run("geocode", tmp_path / "latin.csv")
