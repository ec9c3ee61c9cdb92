"""Evidence as an auditor sees and takes it, in a browser."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from enrollments.evidence.checkpoints import sign_if_due
from enrollments.evidence.records import ask_for_records
from enrollments.models import Consent, EvidenceAccess, EvidenceRecord, EvidenceRequest, Terms
from tests.browser.test_console import carry_out, page_of
from tests.factories import NOW, active
from texture_portal import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.performs("enrollments.enrollment:evidence")
def test_an_auditor_prints_the_evidence_and_takes_the_bundle_along(sign_in, keep):
    enrollment = active()
    sign_if_due(now=clock.now())
    page = sign_in("Auditor")
    page.goto(page_of(enrollment))
    keep(page, "enrollment-with-evidence")
    page.fill("#evidence-form [name=reason]", "Audit 7")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export the bundle").click()
    bundle = json.loads(downloading.value.path().read_bytes())
    assert bundle["sections"]["about"]["exportedFor"] == "Audit 7"
    with page.context.expect_page() as opening:
        page.get_by_role("button", name="Page to print").click()
    paper = opening.value
    paper.wait_for_load_state()
    assert "The audit chain is whole" in paper.content()
    keep(paper, "evidence-page")
    assert set(EvidenceAccess.objects.values_list("what", flat=True)) == {"bundle", "page"}
    page.goto(reverse("admin:enrollments_evidenceaccess_changelist"))
    keep(page, "who-looked")
    page.goto(reverse("admin:enrollments_checkpoint_changelist"))
    keep(page, "checkpoints")


@pytest.mark.performs("enrollments.terms:add", "enrollments.consent:ask-records", "enrollments.consent:file-record")
def test_staff_add_terms_ask_for_records_and_file_one(sign_in, keep):
    enrollment = active()
    consent = Consent.objects.get()
    page = sign_in("Program staff")
    page.goto(reverse("admin:enrollments_terms_add"))
    page.fill("[name=version]", "2026-01")
    page.fill("[name=text]", "You agree.\nYou may stop at any time.")
    page.select_option("[name=partner]", str(enrollment.partner_id))
    keep(page, "terms-add")
    page.locator("[name=_save]").first.click()
    page.wait_for_load_state()
    assert Terms.objects.get().version == "2026-01"
    keep(page, "terms")
    page.goto(page_of(consent))
    carry_out(page, "ask-records", message="The form, please.", due_on=f"{clock.now() + timedelta(days=30):%Y-%m-%d}")
    assert EvidenceRequest.objects.get().message == "The form, please."
    keep(page, "consent-asked")
    page.locator("#file-record-form").locator("xpath=preceding-sibling::summary").click()
    given = {"name": "form.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    page.set_input_files("#file-record-form [name=file]", given)
    page.fill("#file-record-form [name=captured_on]", "2026-05-01")
    page.fill("#file-record-form [name=terms_version]", "2026-01")
    page.locator("#file-record-form button[type=submit]").click()
    page.wait_for_load_state()
    assert EvidenceRecord.objects.get().request == EvidenceRequest.objects.get()
    page.goto(page_of(EvidenceRecord.objects.get()))
    keep(page, "record")


def test_what_is_overdue_stands_on_the_front_page(sign_in, keep):
    active()
    page = sign_in("Program staff")
    ask_for_records(Consent.objects.get(), message="x", due_at=NOW.replace(hour=23), now=NOW, user=page.user)
    page.goto("/admin/")
    assert "Records that partners owe" in page.content()
    keep(page, "front-page-records-owed")
    page.goto(reverse("admin:enrollments_evidencerequest_changelist"))
    keep(page, "records-asked-for")
