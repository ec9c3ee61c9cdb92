"""Uploading by hand, from the page: templates, upload, progress, run, result, erasure; and who may."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from enrollments.imports import sheets
from enrollments.models import Enrollment, EnrollmentFile
from tests.admin.conftest import member_of
from tests.imports.conftest import a_row, as_csv, now_of, work_off

pytestmark = pytest.mark.usefixtures("in_grid")
ADD = "/admin/enrollments/enrollmentfile/add/"
LIST = "/admin/enrollments/enrollmentfile/"


@pytest.fixture
def staff(db):
    return member_of("Program staff")


def post(client, content, partner, *, name="enrollments.csv"):
    return client.post(ADD, {"partner": partner.pk, "file": SimpleUploadedFile(name, content)}, follow=True)


def page_of(file):
    return reverse("admin:enrollments_enrollmentfile_change", args=(file.pk,))


def verb(client, file, name, **given):
    url = reverse("admin:enrollments_enrollmentfile_verb", args=(file.pk, name))
    return client.post(url, given, follow=True)


def result_of(client, file):
    return client.get(reverse("admin:enrollments_enrollmentfile_result", args=(file.pk,)))


def test_a_file_is_uploaded_checked_run_and_its_result_downloaded(staff, partner):
    page = post(staff, as_csv([a_row(1), a_row(2, device__type="fridge")]), partner)
    assert 'http-equiv="refresh"' in page.content.decode()
    file = EnrollmentFile.objects.get()
    assert (file.uploaded_by, file.name) == (staff.user, "enrollments.csv")
    work_off()
    checked = staff.get(page_of(file)).content.decode()
    assert "http-equiv" not in checked
    assert "Dry run: 2 of 2 rows" in checked
    assert "device.type" in checked
    verb(staff, file, "start", reason="As agreed.")
    assert now_of(file).status == "running"
    work_off()
    done = staff.get(page_of(file)).content.decode()
    assert "Enrolling: 1 of 1 rows" in done
    answer = result_of(staff, file)
    text = b"".join(answer.streaming_content).decode()
    assert "no-store" in answer["Cache-Control"]
    assert "2,enrolled,FILE-00001" in text
    assert str(Enrollment.objects.get().pk) in text


def test_the_same_file_leads_to_its_first_page(staff, partner):
    content = as_csv([a_row(1)])
    post(staff, content, partner)
    page = post(staff, content, partner, name="renamed.csv")
    assert "This very file was uploaded before" in page.content.decode()
    assert page.redirect_chain[-1][0] == page_of(EnrollmentFile.objects.get())


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_is_downloaded(kind, staff):
    answer = staff.get(reverse("admin:enrollments_enrollmentfile_template", args=(kind,)))
    assert f"enrollments.{kind}" in answer["Content-Disposition"]
    ((number, cells),) = sheets.rows(io.BytesIO(answer.content))
    assert (number, cells[0]) == (1, "device.manufacturerDeviceId")
    assert staff.get(reverse("admin:enrollments_enrollmentfile_template", args=("pdf",))).status_code == 404


def test_what_is_too_large_or_nothing_is_told_on_the_page(staff, partner, settings):
    settings.IMPORT_MAX_MEBIBYTES = 1
    page = post(staff, b"x" * (1024 * 1024 + 1), partner)
    assert "larger than 1 MiB" in page.content.decode()
    assert "is empty" in post(staff, b"", partner).content.decode()
    assert not EnrollmentFile.objects.exists()


def test_an_upload_is_never_on_a_disk_in_the_clear(staff, partner, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "not there")
    page = post(staff, as_csv([a_row(number) for number in range(12_000)]), partner)
    assert EnrollmentFile.objects.get().size > settings.FILE_UPLOAD_MAX_MEMORY_SIZE
    assert page.status_code == 200


def test_what_was_in_it_is_erased_by_a_button(staff, partner):
    post(staff, as_csv([a_row(1)]), partner)
    file = EnrollmentFile.objects.get()
    work_off()
    page = verb(staff, file, "erase", reason="They asked.")
    assert "is erased" in page.content.decode()
    assert now_of(file).erased_at is not None
    assert result_of(staff, file).status_code == 200


@pytest.mark.parametrize(("group", "may_look"), [("Auditor", True), ("Partner manager", False)])
def test_who_may_not_upload_or_run_does_neither(group, may_look, staff, partner):
    post(staff, as_csv([a_row(1)]), partner)
    file = EnrollmentFile.objects.get()
    work_off()
    client = member_of(group)
    assert client.get(page_of(file)).status_code == (200 if may_look else 403)
    assert client.get(LIST).status_code == (200 if may_look else 403)
    assert result_of(client, file).status_code == (200 if may_look else 403)
    assert client.get(ADD).status_code == 403
    assert post(client, as_csv([a_row(2)]), partner).status_code == 403
    assert client.get(reverse("admin:enrollments_enrollmentfile_template", args=("csv",))).status_code == 403
    for name in ("start", "stop", "erase"):
        assert verb(client, file, name, reason="Mine.").status_code == 403
    assert (EnrollmentFile.objects.count(), now_of(file).status) == (1, "checked")


def test_a_file_is_found_by_its_name_its_digest_and_a_row(staff, partner):
    post(staff, as_csv([a_row(1)]), partner, name="may.csv")
    file = EnrollmentFile.objects.get()
    work_off()
    for term in ("may.csv", file.digest_hex, str(file.pk), str(file.rows.get().pk)):
        assert page_of(file) in staff.get(LIST, {"q": term}).content.decode()
    assert page_of(file) not in staff.get(LIST, {"q": "june.csv"}).content.decode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.xlsx", b"device.manufacturerDeviceId\nX"),
        ("rows.csv", sheets.XLSX_MAGIC + b"..."),
        ("rows.csv", b"MZ\x90\x00\x03\x00"),
        ("rows.xls", sheets.OLD_EXCEL_MAGIC),
        ("rows.html", b"<script>"),
        ("rows", b"a,b"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_not_kept(staff, partner, name, content):
    page = post(staff, content, partner, name=name)
    assert "not what its name says" in page.content.decode()
    assert not EnrollmentFile.objects.exists()
