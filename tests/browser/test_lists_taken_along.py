"""Lists taken along as files, filters kept, and everything found from one box, in a browser."""

import pytest
from django.urls import reverse

from enrollments.models import Enrollment
from tests.factories import active, ambiguous
from texture_portal.models import Act, Look, SavedFilter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LISTS = ("enrollments_enrollment", "enrollments_consent", "enrollments_reviewcase", "devices_device")


@pytest.mark.performs(
    "enrollments.enrollment:export", "enrollments.consent:export", "enrollments.reviewcase:export",
    "devices.device:export",
)  # fmt: skip
def test_each_list_is_taken_along(sign_in, keep):
    active()
    ambiguous()
    page = sign_in("Program staff")
    for name in LISTS:
        page.goto(reverse(f"admin:{name}_changelist"))
        for button in ("Export CSV", "Export Excel"):
            with page.expect_download() as taking:
                page.get_by_role("button", name=button).click()
            assert taking.value.path().stat().st_size > 100
    keep(page, "list-to-export")
    assert Act.objects.filter(what="exported").count() == 8
    assert Look.objects.filter(what="exported").exists()


def test_filters_are_kept_and_called_up(sign_in, keep):
    active()
    page = sign_in("Program staff")
    page.goto(reverse("admin:enrollments_enrollment_changelist") + "?state__exact=active")
    page.fill("#save-filter-name", "Running ones")
    page.click("#save-filter button")
    page.get_by_text("is kept for you").wait_for()
    keep(page, "list-with-kept-filters")
    page.goto(reverse("admin:enrollments_enrollment_changelist"))
    page.get_by_role("link", name="Running ones").click()
    page.wait_for_url("**/?state__exact=active")
    page.get_by_role("button", name="Forget Running ones").click()
    page.get_by_text("is forgotten").wait_for()
    assert not SavedFilter.objects.exists()


def test_everything_is_found_by_keys_alone(sign_in, keep):
    active()
    page = sign_in("Auditor")
    page.goto("/admin/")
    page.keyboard.press("f")
    page.wait_for_url("**/admin/find/")
    page.locator("[name=q]:focus").wait_for()
    page.keyboard.type(Enrollment.objects.get().device.serial_number)
    page.keyboard.press("Enter")
    page.get_by_text("Enrollments", exact=True).last.wait_for()
    keep(page, "found")
    page.locator("body").click(position={"x": 5, "y": 5})
    page.keyboard.press("?")
    page.locator("#keys-help").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/consent/")
    page.goto(reverse("admin:texture_portal_look_changelist"))
    keep(page, "looks")
    page.goto(reverse("admin:enrollments_historicalconsent_changelist") + "?in_force_on=2030-01-01")
    keep(page, "consents-in-force")
