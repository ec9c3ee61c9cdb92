"""What only administrators do, and what an auditor takes along, each once in the browser."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django_q.models import OrmQ, Task

from enrollments.evidence.records import RecordClaim, file_record
from enrollments.models import Consent, EvidenceAccess, EvidenceRecord
from tests.browser.test_console import carry_out, page_of
from tests.factories import UtilityFactory, active
from texture_portal import clock, schedules
from texture_portal.ids import new_id
from texture_portal.models import Heartbeat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def failed_job():
    schedules.install()
    now = clock.now()
    Heartbeat.objects.create(name="forge", beat_at=now)
    Task.objects.create(
        id=new_id().hex, name="geocoding", func=schedules.DRAIN, group="geocoding", args=("geocoding",), started=now,
        stopped=now, success=False, result="Traceback: the geocoder is away",
    )  # fmt: skip


@pytest.mark.performs("texture_portal.heartbeat:wake", "territories.utility:change")
def test_a_failed_job_is_run_again_and_a_utility_declares_its_account_numbers(failed_job, sign_in, keep):
    page = sign_in("Administrator")
    page.goto(reverse("admin:texture_portal_heartbeat_changelist"))
    page.locator("summary", has_text="Geocoding").click()
    assert "the geocoder is away" in page.locator("pre").first.inner_text()
    keep(page, "jobs-failed")
    page.locator("#wake-form").locator("xpath=preceding-sibling::summary").click()
    page.select_option("#wake-form [name=kind]", "geocoding")
    carry_out(page, "wake")
    assert "A worker is asked to do geocoding now." in page.content()
    keep(page, "jobs-woken")
    assert [each.task["args"] for each in OrmQ.objects.all()] == [("geocoding",)]
    utility = UtilityFactory()
    page.goto(page_of(utility))
    page.fill("[name=account_number_form]", "[0-9]{10}")
    keep(page, "utility-change")
    page.locator("[name=_continue]").first.click()
    page.wait_for_load_state()
    utility.refresh_from_db()
    assert utility.account_number_form == "[0-9]{10}"
    assert LogEntry.objects.get().user == page.user


@pytest.mark.performs(
    "auth.user:add", "auth.user:change", "auth.user:password_change", "auth.group:add", "auth.group:change",
    "auth.group:delete", "auth.group:delete_selected",
)  # fmt: skip
def test_people_and_groups_are_taken_on_and_let_go(sign_in, keep):
    page = sign_in("Administrator")
    page.goto(reverse("admin:auth_user_add"))
    page.fill("[name=username]", "rita")
    page.fill("[name=password1]", "a long word for rita")
    page.fill("[name=password2]", "a long word for rita")
    keep(page, "user-add")
    saved(page)
    rita = User.objects.get(username="rita")
    page.goto(page_of(rita))
    page.check("[name=is_staff]", force=True)
    keep(page, "user-change")
    saved(page)
    before = User.objects.get(pk=rita.pk).password
    page.goto(reverse("admin:auth_user_password_change", args=(rita.pk,)))
    page.fill("[name=password1]", "another long word for rita")
    page.fill("[name=password2]", "another long word for rita")
    keep(page, "user-password")
    page.locator("form:has([name=password1]) [type=submit]").first.click()
    page.wait_for_load_state()
    after = User.objects.get(pk=rita.pk)
    assert after.is_staff
    assert after.password != before
    groups_come_and_go(page, keep)
    assert set(LogEntry.objects.values_list("user", flat=True)) == {page.user.pk}


def groups_come_and_go(page, keep):
    for name in ("Friends", "Guests"):
        page.goto(reverse("admin:auth_group_add"))
        page.fill("[name=name]", name)
        saved(page)
    friends, guests = Group.objects.get(name="Friends"), Group.objects.get(name="Guests")
    page.goto(page_of(friends))
    page.fill("[name=name]", "Good friends")
    keep(page, "group-change")
    saved(page)
    assert Group.objects.get(pk=friends.pk).name == "Good friends"
    page.goto(reverse("admin:auth_group_delete", args=(friends.pk,)))
    keep(page, "group-delete")
    confirmed(page)
    page.goto(reverse("admin:auth_group_changelist"))
    page.locator(f"input[name=_selected_action][value='{guests.pk}']").check()
    page.locator("select[name=action]").select_option("delete_selected")
    page.get_by_role("button", name="Run").click()
    page.wait_for_load_state()
    confirmed(page)
    assert not Group.objects.filter(pk__in=(friends.pk, guests.pk)).exists()


def saved(page):
    page.locator("[name=_save]").first.click()
    page.wait_for_load_state()


def confirmed(page):
    page.locator("form:has([name=post]) [type=submit]").first.click()
    page.wait_for_load_state()


@pytest.mark.performs("enrollments.evidencerecord:content")
def test_an_auditor_opens_a_record_and_that_is_on_record(sign_in, keep):
    active()
    root = User.objects.create_superuser("root")
    file_record(Consent.objects.get(), RecordClaim("log", {"note": "Line 7."}), now=clock.now(), user=root)
    record = EvidenceRecord.objects.get()
    page = sign_in("Auditor")
    page.goto(page_of(record))
    keep(page, "record-to-open")
    with page.expect_download() as opening:
        page.get_by_role("button", name="Open and save it").click()
    assert "Line 7." in opening.value.path().read_text()
    seen = EvidenceAccess.objects.get()
    assert (seen.actor_name, seen.what, seen.subject) == ("auditor", "record", str(record.pk))
