import pytest
from django.core.management import CommandError

from territories.models import CountyService, DataSet, ZipService

pytestmark = pytest.mark.django_db

HEADER = "zip,eiaid,utility_name,state,service_type\n"


def zip_rows():
    return set(ZipService.objects.values_list("data_set__name", "zip_code", "eia_id"))


def test_a_zip_table_is_imported_past_its_comments(run, write):
    text = "# taken from the DOE\n# https://example.org\n" + HEADER + "1001,123,A,MA,Bundled\n67002,0123,A,KS,Bundled\n"
    assert "2 new" in run("import_zip_table", write("zips.csv", text))
    assert zip_rows() == {("zips.csv", "01001", "123"), ("zips.csv", "67002", "123")}


def test_tables_of_two_years_stand_side_by_side(run, write):
    run(
        "import_zip_table",
        write("2011.csv", HEADER + "67002,1,A,KS,B\n"),
        write("2020.csv", HEADER + "67002,2,A,KS,B\n"),
    )
    assert zip_rows() == {("2011.csv", "67002", "1"), ("2020.csv", "67002", "2")}


def test_a_second_import_changes_nothing(run, write):
    path = write("zips.csv", HEADER + "67002,1,A,KS,B\n67002,1,A,KS,Delivery\n67003,1,A,KS,B\n")
    assert "1 rows repeat an earlier one's" in run("import_zip_table", path)
    before = list(ZipService.objects.order_by("pk").values())
    assert "0 new, 0 changed, 2 unchanged" in run("import_zip_table", path)
    assert list(ZipService.objects.order_by("pk").values()) == before
    assert DataSet.objects.count() == 1


def test_a_new_version_replaces_the_last(run, write):
    run("import_zip_table", write("zips.csv", HEADER + "67002,1,A,KS,B\n67003,1,A,KS,B\n"))
    printed = run("import_zip_table", write("zips.csv", HEADER + "67003,1,A,KS,B\n67004,1,A,KS,B\n"))
    assert "1 new, 0 changed, 1 unchanged, 0 repaired, 0 refused, 1 withdrawn. In force as version 2." in printed
    assert {code for _, code, _ in zip_rows()} == {"67003", "67004"}
    assert set(ZipService.objects.values_list("data_set__version", flat=True)) == {2}


@pytest.mark.parametrize("row", ["6700x,1", "670021,1", "67002,", "67002,-9", "67002,1?", ",1"])
def test_a_row_that_cannot_be_taken_is_named_with_the_reason(run, write, row):
    printed = run("import_zip_table", write("zips.csv", HEADER + "67002,1,A,KS,B\n" + row + "\n"))
    assert "refused: line 3: " in printed
    assert ZipService.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "fault"),
    [("", "empty"), ("# only a comment\n", "lacks zip"), ("a,b\n1,2\n", "lacks zip, eiaid"), (HEADER, "No row")],
)
def test_a_bad_table_is_refused_by_name_and_nothing_changes(run, write, text, fault):
    run("import_zip_table", write("zips.csv", HEADER + "67002,1,A,KS,B\n"))
    with pytest.raises(CommandError, match=rf"zips\.csv.*{fault}"):
        run("import_zip_table", write("zips.csv", text))
    assert ZipService.objects.count() == 1


def test_a_table_that_is_no_text_is_refused(run, tmp_path):
    path = tmp_path / "zips.csv"
    path.write_bytes(b"zip,eiaid\n\xff\xfe,1\n")
    with pytest.raises(CommandError, match="not UTF-8"):
        run("import_zip_table", path)


def test_a_county_table_is_imported_and_imports_again_unchanged(run, write):
    text = "data_year,utility_number,utility_name,state,county\n2018,34,City of A,sc,Abbeville\n2018,34,City of A,SC,\n"
    path = write("counties.csv", text)
    printed = run("import_county_table", path)
    assert "1 new" in printed
    assert "refused: line 3: '', 'SC' is no county." in printed
    assert list(CountyService.objects.values_list("state", "county", "eia_id")) == [("SC", "Abbeville", "34")]
    assert "0 new, 0 changed, 1 unchanged" in run("import_county_table", path)


@pytest.mark.real_data
def test_the_real_tables_import_twice(run, real_data):
    paths = sorted((real_data / "zip").glob("*.csv"))
    printed = run("import_zip_table", *paths)
    assert "25,283 new" in printed
    assert "27,468 new" in printed
    assert run("import_zip_table", *paths).count("Nothing changed.") == 2
    assert "11,914 new" in run("import_county_table", real_data / "territories/eia861_service_territory_2018.csv")
