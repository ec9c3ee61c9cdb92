"""From cells to the document that the API would take: every form of file, and what is told of a bad one."""

import csv
import io
import re
import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from enrollments.documents import EnrollmentDocument
from enrollments.imports import columns, sheets, templates
from enrollments.imports.sheets import UnreadableError
from partners.calls import validated
from tests.imports.conftest import a_row, as_csv, as_xlsx
from texture_portal.refusals import Refusal

MAY_DAY = datetime(2026, 5, 1, 17, 3)  # noqa: DTZ001 - as Excel has it, without a zone


def documents(content):
    found = sheets.rows(io.BytesIO(content))
    header, faults = columns.read_header(next(found)[1])
    assert faults == []
    return [(number, *columns.document_of(header, cells)) for number, cells in found]


def unreadable(content):
    with pytest.raises(UnreadableError) as told:
        list(sheets.rows(io.BytesIO(content)))
    assert "Remedy: " in str(told.value)
    return str(told.value)


def test_a_row_becomes_the_document_that_the_api_takes():
    ((number, document, complaints),) = documents(as_csv([a_row(1)]))
    assert (number, complaints) == (2, [])
    read = validated(EnrollmentDocument, document)
    assert read["device"]["capabilities"]["commands"] == ["battery:set-reserve", "battery:set-operating-mode"]
    assert read["device"]["ratings"] == {"energyCapacityWh": 13500.0}
    assert read["consent"]["program_types"] == ["demand_response", "capacity"]
    assert (read["consent"]["opted_in"], read["device"]["commissioned_on"]) == (True, date(2026, 5, 1))


@pytest.mark.parametrize(
    "content",
    [
        as_csv([a_row(1)], encoding="utf-8-sig"),
        as_csv([a_row(1)], delimiter=";"),
        as_csv([a_row(1)], delimiter="\t"),
        as_csv([a_row(1)]).replace(b"\r\n", b"\n"),
        as_csv([a_row(1)]).replace(b"\r\n", b"\r"),
        as_csv([a_row(1)]) + b"\r\n,,,\r\n\r\n",
        as_xlsx([a_row(1)]),
        as_xlsx([a_row(1)], at=(1, 3)),
        as_xlsx([{**a_row(1), "site.address.postalCode": 94903, "device.commissionedOn": MAY_DAY,
                  "consent.optedIn": True, "customer.utilityAccountNumber": 5512345678}]),
    ],
    ids=["BOM", "semicolons", "tabs", "LF", "CR", "empty rows", "Excel", "Excel to the right", "Excel's own kinds"],
)  # fmt: skip
def test_one_row_in_every_form_reads_the_same(content):
    ((_, document, complaints),) = documents(content)
    assert complaints == []
    assert document["site"]["address"]["postalCode"] == "94903"
    assert document["device"]["commissionedOn"] == "2026-05-01"
    assert document["customer"]["utilityAccountNumber"] == "5512345678"
    validated(EnrollmentDocument, document)


def test_rows_are_counted_as_the_spreadsheet_counts_them():
    rows = as_csv([a_row(1)]).decode().splitlines()
    content = "\r\n".join([rows[0], "", rows[1]]).encode()
    assert [number for number, *_ in documents(content)] == [3]
    assert [number for number, *_ in documents(as_xlsx([a_row(1), {}, a_row(2)]))] == [2, 4]


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("consent.optedIn", "perhaps", "true or false"),
        ("device.ratings.energyCapacityWh", "13,5 kWh", "digits with a point"),
        ("site.coordinates.latitude", "nan", "digits with a point"),
        ("customer.referenceId", "=A1", "formula"),
        ("customer.referenceId", "#N/A", "error of the spreadsheet"),
    ],
)
def test_a_cell_that_cannot_be_is_told_by_its_column(column, cell, told):
    ((_, _, (complaint,)),) = documents(as_csv([{**a_row(1), column: cell}]))
    assert (complaint.column, told in complaint.detail) == (column, True)
    assert "Remedy" in complaint.detail


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("consent.grantedAt", MAY_DAY, "without its zone"),
        ("customer.utilityAccountNumber", 12345678901234567, "lost digits"),
        ("customer.utilityAccountNumber", 1.5, "lost digits"),
        ("customer.referenceId", True, "truth value"),
        ("customer.referenceId", "=1+1", "formula"),
        ("device.model", "=NA()", "formula"),
    ],
)
def test_what_excel_makes_of_a_cell_is_told_too(column, cell, told):
    ((_, _, (complaint,)),) = documents(as_xlsx([{**a_row(1), column: cell}]))
    assert (complaint.column, told in complaint.detail) == (column, True)


def test_an_error_cell_of_excel_is_no_empty_cell():
    workbook = openpyxl.Workbook()
    workbook.active.append(list(a_row(1)))
    workbook.active.append(list(a_row(1).values()))
    workbook.active.cell(row=2, column=1, value="#REF!").data_type = "e"
    written = io.BytesIO()
    workbook.save(written)
    ((_, _, (complaint,)),) = documents(written.getvalue())
    assert (complaint.column, "error of the spreadsheet" in complaint.detail) == ("device.manufacturer", True)


def test_the_first_sheet_counts_whatever_its_part_is_called():
    workbook = openpyxl.Workbook()
    late = workbook.create_sheet("Second made, first shown")
    late.append(list(a_row(1)))
    late.append([*list(a_row(1).values())[:-1], "=NOW()"])
    workbook.move_sheet(late, offset=-1)
    written = io.BytesIO()
    workbook.save(written)
    ((_, _, (complaint,)),) = documents(written.getvalue())
    assert (complaint.column, "formula" in complaint.detail) == ("consent.grantedAt", True)


def rewritten(content, change):
    """The workbook with its sheet as another program writes it."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(written, "w") as taken:
        for name in given.namelist():
            part = given.read(name)
            taken.writestr(name, change(part) if name == "xl/worksheets/sheet1.xml" else part)
    return written.getvalue()


def prefixed(part):
    return re.sub(rb"<(/?)([a-zA-Z])", rb"<\1x:\2", part).replace(b' xmlns="', b' xmlns:x="')


def with_single_quotes(part):
    return re.sub(rb' r="([A-Z]+[0-9]+)"', rb" r='\1'", part)


def on_new_lines(part):
    return part.replace(b"<c r=", b"<c\n r=").replace(b"<f>", b"\n <f>")


@pytest.mark.parametrize("change", [prefixed, with_single_quotes, on_new_lines])
def test_a_formula_is_found_as_any_program_writes_it(change):
    """What it came to when the file was saved is no value that anybody typed."""
    content = as_xlsx([{**a_row(1), "device.model": "=1+1"}])
    computed = rewritten(content, lambda part: change(part.replace(b"<v />", b"<v>2</v>")))
    ((_, _, (complaint,)),) = documents(computed)
    assert (complaint.column, "formula" in complaint.detail) == ("device.model", True)


def test_a_formula_in_a_cell_that_names_no_place_makes_the_file_unreadable():
    content = as_xlsx([{**a_row(1), "device.model": "=1+1"}])
    with pytest.raises(UnreadableError, match="formula"):
        documents(rewritten(content, lambda part: re.sub(rb' r="[A-Z]+[0-9]+"', b"", part)))


def test_a_cell_under_no_column_is_told():
    content = as_csv([a_row(1)]).rstrip(b"\r\n") + b",stray\r\n"
    ((_, _, (complaint,)),) = documents(content)
    assert "under no column" in complaint.detail


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("Straße".encode("latin-1"), "not UTF-8"),
        ("a,b".encode("utf-16"), "UTF-16"),
        (b"a,b\r\n\x00,1\r\n", "NUL"),
        (b'a,b\r\n"never closed,1\r\n', "quotation mark"),
        (b"a\r\n" + b"x" * 20_000, "field larger"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or a protected"),
        (b"PK\x03\x04 and then nothing", "damaged"),
    ],
    ids=["latin-1", "utf-16", "nul", "quote", "giant cell", "xls", "broken xlsx"],
)
def test_a_file_that_cannot_be_read_says_what_to_do(content, told):
    assert told in unreadable(content)


def test_a_zip_that_is_no_workbook_and_one_that_unpacks_to_too_much_are_refused(monkeypatch):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("anything.txt", "x" * 10_000)
    assert "damaged" in unreadable(written.getvalue())
    monkeypatch.setattr(sheets, "MOST_UNPACKED", 5_000)
    assert "unpacks to too much" in unreadable(written.getvalue())


def test_a_header_with_faults_names_each():
    names = [name for name in a_row(1) if name != "device.model"]
    _, faults = columns.read_header([*names, "device.modell", "shoe size", "customer.referenceId"])
    assert any("did you mean device.model?" in each for each in faults)
    assert any("'shoe size'." in each for each in faults)
    assert any("customer.referenceId comes twice" in each for each in faults)
    assert any("missing: device.model." in each for each in faults)


@pytest.mark.parametrize("make", [templates.as_csv, templates.as_xlsx])
def test_the_template_is_read_by_the_table_that_made_it(make):
    ((number, cells),) = sheets.rows(io.BytesIO(make()))
    header, faults = columns.read_header(cells)
    assert (number, faults, header) == (1, [], list(columns.COLUMNS))


def test_the_table_knows_every_field_of_the_contract_and_no_other():
    def leaves(field, at=""):
        inner = getattr(field, "fields", None)
        return [leaf for name, each in inner.items() for leaf in leaves(each, f"{at}.{name}")] if inner else [at[1:]]

    assert sorted(leaves(EnrollmentDocument())) == sorted(each.name for each in columns.COLUMNS)


@pytest.mark.parametrize("column", [each for each in columns.COLUMNS if each.is_required], ids=lambda each: each.name)
def test_what_the_table_calls_required_the_contract_requires(column):
    ((_, document, _),) = documents(as_csv([a_row(1)]))
    inner = document
    for name in column.path[:-1]:
        inner = inner[name]
    del inner[column.path[-1]]
    with pytest.raises(Refusal) as told:
        validated(EnrollmentDocument, document)
    assert [(each.pointer, each.code) for each in told.value.faults] == [(column.pointer, "required")]


def test_the_examples_of_the_table_are_a_row_that_is_taken():
    example = {each.name: each.example for each in columns.COLUMNS}
    written = io.StringIO()
    csv.writer(written).writerows([example.keys(), example.values()])
    ((_, document, complaints),) = documents(written.getvalue().encode())
    assert complaints == []
    validated(EnrollmentDocument, document)
