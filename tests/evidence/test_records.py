"""A partner is asked for its records of a consent and sends them signed: in the chain, and in the bundle (§11.5)."""

import base64
import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from enrollments.audit import breaks
from enrollments.evidence.records import RecordClaim, ask_for_records, file_record, open_record
from enrollments.models import Consent, EvidenceAccess, EvidenceRecord
from partners.models import WebhookMessage
from tests.contract.payloads import ago, enrollment
from tests.evidence.conftest import BY, by_superuser, exported
from tests.factories import NOW, enrolled, listening_partner
from texture_portal import clock
from texture_portal.refusals import Refusal

FORM = base64.b64encode(b"%PDF-1.7 signed by hand").decode()


def record(**changes):
    file = {"name": "form.pdf", "mediaType": "application/pdf", "content": FORM}
    return {"method": "signed_form", "capturedAt": ago(days=2), "termsVersion": "2026-01", "file": file, **changes}


@pytest.fixture
def made(new_partner, staff):
    """An enrollment whose partner is asked for its records."""
    partner = new_partner()
    path = f"/v1/enrollments/{partner.enrolled(enrollment())['id']}"
    consent = Consent.objects.get(enrollment=path.rsplit("/", 1)[1])
    now = clock.now()
    ask_for_records(consent, message="The form, please.", due_at=now + timedelta(days=14), now=now, user=staff)
    return partner, path, consent


def test_the_partner_reads_what_it_is_asked_for_and_answers(made, verify, portal_key):
    partner, path, consent = made
    (asked,) = partner.get("/v1/evidence-requests").json["data"]
    assert (asked["message"], asked["enrollmentId"], asked["answeredAt"]) == (
        "The form, please.", str(consent.enrollment_id), None,
    )  # fmt: skip
    answer = partner.post(f"{path}/evidence", record())
    assert (answer.status, answer.json["requestId"]) == (201, asked["id"])
    assert partner.get("/v1/evidence-requests").json["data"] == []
    told = partner.get(f"{path}/evidence").json
    assert told["requests"][0]["answeredAt"] is not None
    assert [each["id"] for each in told["records"]] == [answer.json["id"]]

    bundle = exported(consent.enrollment_id)
    (shown,) = bundle.document["sections"]["records"]
    assert shown["content"]["file"]["content"] == FORM
    verdict = verify(bundle.as_file(), key=portal_key)
    assert verdict.status == 0, verdict.faults
    assert any("it came by request" in line for line in verdict.lines)


def test_a_record_comes_unasked_and_the_history_that_partners_read_stays(new_partner):
    partner = new_partner()
    path = f"/v1/enrollments/{partner.enrolled(enrollment())['id']}"
    before = partner.get(f"{path}/history").json
    assert partner.post(f"{path}/evidence", record()).json["requestId"] is None
    assert partner.get(f"{path}/history").json == before


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"method": "hearsay"}, "/method"),
        ({"file": {"name": "x", "mediaType": "application/pdf", "content": "not base64"}}, "/file/content"),
        ({"file": {"name": "x", "mediaType": "text/html", "content": FORM}}, "/file/mediaType"),
        ({"capturedAt": "yesterday"}, "/capturedAt"),
        ({"extra": 1}, "/extra"),
    ],
)
def test_a_record_that_is_not_well_formed_is_refused(made, changes, pointer):
    partner, path, _ = made
    answer = partner.post(f"{path}/evidence", record(**changes))
    assert (answer.status, [each["pointer"] for each in answer.json["errors"]]) == (400, [pointer])
    assert partner.get(f"{path}/evidence").json["records"] == []


def test_an_enrollment_without_consent_takes_no_record(new_partner):
    partner = new_partner()
    made = partner.enrolled(enrollment(consent={"optedIn": False}))
    answer = partner.post(f"/v1/enrollments/{made['id']}/evidence", record())
    assert (answer.status, answer.code) == (409, "state_conflict")


def test_staff_file_a_record_and_opening_it_is_on_record(made, staff, verify, portal_key):
    _, _, consent = made
    content = {
        "method": "log",
        "note": "By mail.",
        "file": {"name": "log.txt", "mediaType": "text/plain", "content": ""},
    }
    kept = file_record(consent, RecordClaim("log", content), now=clock.now(), user=staff)
    assert kept.request.answered_at is not None
    assert b"By mail." not in bytes(kept.sealed_content)
    assert open_record(kept, now=clock.now(), by=BY) == content
    assert EvidenceAccess.objects.get(subject=str(kept.pk)).what == "record"
    verdict = verify(exported(consent.enrollment_id).as_file(), key=portal_key)
    assert verdict.status == 0, verdict.faults
    assert any("filed by staff" in line for line in verdict.lines)


def test_a_partner_that_is_asked_is_not_asked_again(made, staff):
    _, _, consent = made
    now = clock.now()
    with pytest.raises(Refusal) as refused:
        ask_for_records(consent, message="Again.", due_at=now + timedelta(days=1), now=now, user=staff)
    assert refused.value.code == "state_conflict"
    with pytest.raises(Refusal, match="in the future"):
        ask_for_records(consent, message="Late.", due_at=now, now=now, user=staff)
    never = datetime(9999, 12, 31, 23, 59, tzinfo=ZoneInfo("America/New_York"))  # in UTC there is no such day
    with pytest.raises(Refusal, match="within two years"):
        ask_for_records(consent, message="Late.", due_at=never, now=now, user=staff)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE enrollments_evidencerecord SET method = 'log' WHERE id = %s",
        "UPDATE enrollments_evidencerecord SET sealed_content = 'forged' WHERE id = %s",
        "DELETE FROM enrollments_evidencerecord WHERE id = %s",
    ],
)
def test_a_record_that_a_superuser_changes_is_named(made, statement):
    partner, path, consent = made
    record_id = partner.post(f"{path}/evidence", record()).json["id"]
    assert not list(breaks(enrollment_id=consent.enrollment_id))
    with transaction.atomic():
        assert by_superuser(statement, record_id) == 1
        found = list(breaks(enrollment_id=consent.enrollment_id))
        transaction.set_rollback(True)
    assert [each.row for each in found] == [f"enrollments_evidencerecord row {record_id}"]
    assert EvidenceRecord.objects.filter(pk=record_id).exists()


def test_a_changed_record_in_a_bundle_is_named(made, verify):
    partner, path, consent = made
    partner.post(f"{path}/evidence", record())
    document = exported(consent.enrollment_id).document
    document["sections"]["records"][0]["content"]["termsVersion"] = "2019-01"
    verdict = verify((json.dumps(document, indent=1, sort_keys=True) + "\n").encode())
    assert any("record " in fault and "not what is shown" in fault for fault in verdict.faults), verdict.faults


@pytest.mark.usefixtures("database")
def test_the_partner_is_told_by_webhook_in_the_same_transaction(staff):
    with transaction.atomic():
        consent = enrolled(partner=listening_partner()).consents.get()
        due_at = NOW + timedelta(days=14)
        asked = ask_for_records(consent, message="The form.", due_at=due_at, now=NOW, user=staff)
        message = WebhookMessage.objects.get(
            deliveries__subject=consent.enrollment_id, type="consent.evidence_requested"
        )
        told = json.loads(message.body)["data"]
        assert (told["evidenceRequestId"], told["message"]) == (str(asked.pk), "The form.")
        transaction.set_rollback(True)
