"""Evidence taken along from the page of an enrollment, who looked, and the texts of terms."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from enrollments.evidence.records import RecordClaim, ask_for_records, file_record
from enrollments.models import Consent, EvidenceAccess, EvidenceRecord, EvidenceRequest, Terms
from tests.admin.conftest import member_of
from tests.factories import NOW, enrolled
from texture_portal import clock

EVIDENCE = "203.0.113.7"
TEXT = "You agree.\nYou may stop at any time."


def export_url(enrollment, form):
    return reverse("admin:enrollments_enrollment_evidence", args=(enrollment.pk, form))


def page_of(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))


def add(client, **given):
    return client.post(reverse("admin:enrollments_terms_add"), {"version": "2026-01", "text": TEXT, **given})


@pytest.fixture
def auditor(db):
    return member_of("Auditor")


def test_an_auditor_takes_a_bundle_along_and_that_is_on_record(auditor):
    enrollment = enrolled()
    assert export_url(enrollment, "json") in auditor.get(page_of(enrollment)).content.decode()
    answer = auditor.post(export_url(enrollment, "json"), {"reason": "Audit 7"})
    assert json.loads(answer.content)["sections"]["about"]["enrollmentId"] == str(enrollment.pk)
    assert answer["Content-Disposition"] == f'attachment; filename="evidence-{enrollment.pk}.json"'
    assert "no-store" in answer["Cache-Control"]
    access = EvidenceAccess.objects.get()
    assert (access.what, access.actor_name, access.user_id, access.reason, access.channel) == (
        "bundle", auditor.user.username, auditor.user.pk, "Audit 7", "admin",
    )  # fmt: skip


def test_the_page_to_print_holds_all_and_asks_nothing_of_elsewhere(auditor):
    enrollment = enrolled()
    page = auditor.post(export_url(enrollment, "page"), {}).content.decode()
    for told in (EVIDENCE, "demand_response", "2026-01", "The audit chain is whole", str(enrollment.pk)):
        assert told in page
    assert "http" not in page.replace("http-equiv", "").replace("http://testserver", "")
    assert "<script" not in page
    assert EvidenceAccess.objects.get().what == "page"


def test_a_look_does_not_export_and_a_form_that_is_none_is_not_found(auditor):
    enrollment = enrolled()
    assert auditor.get(export_url(enrollment, "json")).status_code == 405
    assert auditor.post(export_url(enrollment, "csv")).status_code == 404
    assert not EvidenceAccess.objects.exists()


@pytest.mark.parametrize("group", ["Program staff", "Partner manager"])
def test_others_have_neither_the_button_nor_the_export(group, db):
    client, enrollment = member_of(group), enrolled()
    assert export_url(enrollment, "json") not in client.get(page_of(enrollment)).content.decode()
    for form in ("json", "page"):
        assert client.post(export_url(enrollment, form)).status_code == 403
    assert not EvidenceAccess.objects.exists()


def test_opening_what_a_consent_was_given_with_is_on_record_and_shown(auditor):
    enrolled()
    consent = Consent.objects.get()
    assert EVIDENCE in auditor.get(page_of(consent)).content.decode()
    access = EvidenceAccess.objects.get()
    assert (access.what, access.subject) == ("consent", str(consent.pk))
    listed = auditor.get(reverse("admin:enrollments_evidenceaccess_changelist")).content.decode()
    assert auditor.user.username in listed


def test_looking_without_opening_is_not_on_record(db):
    enrolled()
    member_of("Program staff").get(page_of(Consent.objects.get()))
    assert not EvidenceAccess.objects.exists()


@pytest.mark.parametrize("statement", ["UPDATE {} SET actor_name = 'nobody'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_who_looked_cannot_be_changed(auditor, statement):
    auditor.post(export_url(enrolled(), "json"))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE would trip over deferred ones first
        with pytest.raises(DatabaseError, match=r"append-only|Cannot"), transaction.atomic():
            cursor.execute(statement.format("enrollments_evidenceaccess"))


def test_terms_are_added_with_their_digest_and_shown_with_the_consent(auditor):
    enrollment = enrolled()
    consent = Consent.objects.get()
    assert "unknown text" in auditor.get(page_of(consent)).content.decode()
    assert "unknown text" in auditor.get(page_of(enrollment)).content.decode()
    assert add(member_of("Program staff"), partner=str(enrollment.partner_id)).status_code == 302
    terms = Terms.objects.get()
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    assert bytes(terms.digest).hex() == digest
    assert digest in auditor.get(page_of(consent)).content.decode()
    assert "unknown text" not in auditor.get(page_of(enrollment)).content.decode()
    bundle = json.loads(auditor.post(export_url(enrollment, "json")).content)["sections"]
    assert [each["text"] for each in bundle["terms"]] == [TEXT]
    assert bundle["consents"][0]["termsSha256"] == [digest]


def test_terms_are_shown_line_by_line(administrator, auditor):
    """As the customer read them: paragraphs run together are another text."""
    add(administrator, partner=str(enrolled().partner_id))
    shown = auditor.get(page_of(Terms.objects.get())).content.decode()
    assert f'<span style="white-space: pre-wrap; overflow-wrap: anywhere">{TEXT}</span>' in shown


def test_terms_are_of_a_partner_or_a_program_and_one_text_a_version(administrator):
    enrollment = enrolled()
    program = enrollment.device.participations.get().program
    assert add(administrator).status_code == 200
    assert add(administrator, partner=str(enrollment.partner_id), program=str(program.pk)).status_code == 200
    assert add(administrator, partner=str(enrollment.partner_id)).status_code == 302
    assert add(administrator, partner=str(enrollment.partner_id), text="Another text.").status_code == 200
    assert add(administrator, program=str(program.pk)).status_code == 302
    assert Terms.objects.count() == 2


def test_terms_that_somebody_agreed_to_stand(administrator):
    enrollment = enrolled()
    add(administrator, partner=str(enrollment.partner_id))
    add(administrator, partner=str(enrollment.partner_id), version="2027-01")
    used, unused = Terms.objects.get(version="2026-01"), Terms.objects.get(version="2027-01")
    for statement in (
        "UPDATE enrollments_terms SET text = 'x' WHERE id = %s",
        "DELETE FROM enrollments_terms WHERE id = %s",
    ):
        with pytest.raises(DatabaseError, match="are agreed to"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [used.pk])
    assert administrator.post(page_of(used), {"text": "x"}).status_code == 403
    gone = administrator.post(reverse("admin:enrollments_terms_delete", args=(unused.pk,)), {"post": "yes"})
    assert gone.status_code == 302
    kept = administrator.post(reverse("admin:enrollments_terms_delete", args=(used.pk,)), {"post": "yes"})
    assert kept.status_code in (200, 302, 403)
    assert list(Terms.objects.values_list("version", flat=True)) == ["2026-01"]


def test_staff_ask_for_records_and_file_what_came_and_an_auditor_opens_it(db, auditor, carry_out, said):
    enrolled()
    consent, staff = Consent.objects.get(), member_of("Program staff")
    due_on = f"{clock.now() + timedelta(days=30):%Y-%m-%d}"
    assert said(carry_out(staff, consent, "ask-records", message="The form.", due_on=due_on))
    asked = EvidenceRequest.objects.get()
    assert (asked.message, asked.asked_by, asked.answered_at) == ("The form.", staff.user, None)
    file = SimpleUploadedFile("form.pdf", b"%PDF-1.7", content_type="application/pdf")
    given = {"method": "signed_form", "captured_on": "2026-05-01", "terms_version": "2026-01", "file": file}
    carry_out(staff, consent, "file-record", **given)
    record = EvidenceRecord.objects.get()
    assert (record.request, record.actor_name) == (asked, staff.user.username)
    opens = reverse("admin:enrollments_evidencerecord_content", args=(record.pk,))
    assert staff.post(opens).status_code == 403
    assert auditor.get(opens).status_code == 405
    answer = auditor.post(opens)
    assert (answer.content, answer["Content-Type"]) == (b"%PDF-1.7", "application/pdf")
    assert answer["Content-Disposition"].startswith("attachment")
    assert EvidenceAccess.objects.get(what="record").actor_name == auditor.user.username


def test_a_file_of_another_kind_is_not_filed(db, carry_out, said):
    enrolled()
    file = SimpleUploadedFile("page.html", b"<script>", content_type="text/html")
    given = {"method": "log", "captured_on": "2026-05-01", "terms_version": "1", "file": file}
    answer = carry_out(member_of("Program staff"), Consent.objects.get(), "file-record", **given)
    assert any("kind that is not taken" in each for each in said(answer))
    assert not EvidenceRecord.objects.exists()


def test_what_a_partner_owes_stands_on_the_front_page_and_what_is_overdue_is_marked(db):
    staff = member_of("Program staff")
    enrolled()
    consent = Consent.objects.get()
    assert "Records that partners owe" not in staff.get("/admin/").content.decode()
    ask_for_records(consent, message="x", due_at=NOW + timedelta(days=1), now=NOW, user=staff.user)
    page = staff.get("/admin/").content.decode()
    assert "Records that partners owe" in page
    assert "1 record of consents" in page
    file_record(consent, RecordClaim("log", {}), now=NOW, user=staff.user)
    assert "Records that partners owe" not in staff.get("/admin/").content.decode()
    assert "Records that partners owe" not in member_of("Partner manager").get("/admin/").content.decode()
