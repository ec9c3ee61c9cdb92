"""Link sessions as a partner makes and reads them (contract §3)."""

from datetime import datetime, timedelta

import pytest

from enrollments.models import LinkSession
from partners.models import Partner
from tests.factories import linkable_cloud

from .payloads import enrollment

BACK = "https://app.acme.example/linked"


@pytest.fixture
def linker(new_partner):
    """A partner with a registered redirect URL and a cloud at which its customers can link."""
    made = new_partner("--redirect-url", BACK)
    linkable_cloud(Partner.objects.get(pk=made.partner_id))
    return made


def made(client, **body):
    answer = client.post("/v1/link-sessions", body)
    assert answer.status == 201, answer.body
    return answer


def test_a_session_of_an_enrollment(linker):
    enrolled = linker.enrolled(enrollment())
    answer = made(linker, enrollmentId=enrolled["id"], redirectUrl=BACK, language="es")
    session = answer.json
    assert session["state"] == "created"
    assert session["enrollmentId"] == enrolled["id"]
    assert session["url"].startswith(f"http://{linker.authority}/link/")
    lasts = datetime.fromisoformat(session["expiresAt"]) - datetime.fromisoformat(session["createdAt"])
    assert lasts == timedelta(hours=1)
    assert answer.headers["Location"] == f"/v1/link-sessions/{session['id']}"
    assert linker.get(answer.headers["Location"]).json == session


def test_a_session_of_a_device_that_is_not_enrolled_yet(linker):
    session = made(linker, manufacturerDeviceId="PW3-unseen", customer={"referenceId": "cust-9"}).json
    assert session["enrollmentId"] is None


def test_a_device_that_is_enrolled_is_found_by_its_own_id(linker):
    enrolled = linker.enrolled(enrollment())
    session = made(linker, manufacturerDeviceId=enrolled["device"]["manufacturerDeviceId"]).json
    assert session["enrollmentId"] == enrolled["id"]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/enrollmentId", "required"),
        ({"enrollmentId": "0199d0c0-0000-7000-8000-000000000000", "manufacturerDeviceId": "x"},
         "/manufacturerDeviceId", "invalid"),
        ({"manufacturerDeviceId": "x", "redirectUrl": f"{BACK}/elsewhere"}, "/redirectUrl", "invalid"),
        ({"manufacturerDeviceId": "x", "redirectUrl": f"{BACK}?next=1"}, "/redirectUrl", "invalid"),
        ({"manufacturerDeviceId": "x", "language": "fr"}, "/language", "invalid"),
        ({"manufacturerDeviceId": "x", "typo": 1}, "/typo", "unknown_field"),
        ({"manufacturerDeviceId": "x", "customer": {}}, "/customer/referenceId", "required"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_pointed_at(linker, body, pointer, code):
    answer = linker.post("/v1/link-sessions", body)
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert [(each["pointer"], each["code"]) for each in answer.json["errors"]] == [(pointer, code)]


def test_anothers_enrollment_is_not_there(linker, stranger):
    theirs = stranger.enrolled(enrollment())
    assert linker.post("/v1/link-sessions", {"enrollmentId": theirs["id"]}).code == "not_found"


def test_a_partner_without_a_cloud_to_link_at_is_told(lone_oem):
    assert lone_oem.post("/v1/link-sessions", {"manufacturerDeviceId": "x"}).code == "state_conflict"


def test_filters_that_leave_no_cloud_are_told(linker):
    answer = linker.post("/v1/link-sessions", {"manufacturerDeviceId": "x", "manufacturerFilters": ["Nobody"]})
    assert answer.code == "state_conflict"
    made(linker, manufacturerDeviceId="x", manufacturerFilters=["simulated  ENERGY"])


def test_an_hour_later_it_has_expired(linker):
    session = made(linker, manufacturerDeviceId="x").json
    row = LinkSession.objects.get(pk=session["id"])
    row.created_at -= timedelta(hours=1)
    row.expires_at -= timedelta(hours=1)
    row.save()
    assert linker.get(f"/v1/link-sessions/{session['id']}").json["state"] == "expired"


def test_the_same_request_again_gives_the_same_address(linker):
    body = {"manufacturerDeviceId": "x"}
    first, again = (linker.post("/v1/link-sessions", body, key="one-key-for-both") for _ in range(2))
    assert again.replayed
    assert again.json == first.json
