"""A file of enrollments from the page alone: upload, dry run, run, result; as each role."""

import pytest

from enrollments.imports import keeping
from enrollments.models import Enrollment, EnrollmentFile
from tests.browser.test_console import carry_out, page_of
from tests.factories import PartnerFactory
from tests.imports.conftest import a_row, as_csv, as_xlsx, in_grid, work_off  # noqa: F401 - a fixture
from texture_portal import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADD = "/admin/enrollments/enrollmentfile/add/"


@pytest.mark.performs(
    "enrollments.enrollmentfile:add",
    "enrollments.enrollmentfile:template",
    "enrollments.enrollmentfile:start",
    "enrollments.enrollmentfile:result",
)
def test_a_file_is_uploaded_checked_run_and_its_result_downloaded(sign_in, keep, tmp_path, request):
    request.getfixturevalue("in_grid")
    partner = PartnerFactory()
    rows = [a_row(1), a_row(2, device__type="fridge", site__address__postalCode="9490"), a_row(3)]
    workbook = tmp_path / "enrollments.xlsx"
    workbook.write_bytes(as_xlsx(rows))
    page = sign_in("Program staff")
    page.goto(ADD)
    keep(page, "upload")
    with page.expect_download() as template:
        page.locator("a", has_text="Excel").first.click()
    assert template.value.suggested_filename == "enrollments.xlsx"
    page.select_option("select[name=partner]", str(partner.pk))
    page.set_input_files("input[name=file]", workbook)
    page.get_by_role("button", name="Upload and check").click()
    page.wait_for_load_state()
    assert page.locator("meta[http-equiv=refresh]").count() == 1
    work_off()
    page.goto(page_of(EnrollmentFile.objects.get()))
    keep(page, "upload-checked")
    assert "Dry run: 3 of 3 rows" in page.content()
    assert "site.address.postalCode" in page.content()
    carry_out(page, "start", reason="As agreed with them.")
    assert page.locator("meta[http-equiv=refresh]").count() == 1, "no screenshot of a page that looks again"
    work_off()
    page.goto(page_of(EnrollmentFile.objects.get()))
    keep(page, "upload-done")
    assert "Enrolling: 2 of 2 rows" in page.content()
    assert Enrollment.objects.count() == 2
    with page.expect_download() as result:
        page.get_by_text("Download what became of each row").click()
    assert "FILE-00003" in result.value.path().read_text()
    page.goto("/admin/enrollments/enrollmentfile/")
    keep(page, "upload-list")


@pytest.mark.parametrize(("group", "status"), [("Auditor", 200), ("Partner manager", 403)])
def test_who_may_not_upload_has_no_button(group, status, sign_in, keep):
    page = sign_in(group)
    file = keeping.upload(
        [as_csv([a_row(1)])], name="may.csv", partner=PartnerFactory(), now=clock.now(), user=page.user
    )
    work_off()
    assert page.goto(ADD).status == 403
    assert page.goto(page_of(file)).status == status
    assert page.locator("form[action$='by-verb/']").count() == 0
