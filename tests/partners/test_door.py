"""The door's checks, one by one and in the contract's order (§7)."""

import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from partners import certificates, signatures
from partners.models import Application, Customer, Partner, RefusedRequest, SigningKey
from texture_portal import actors, clock
from texture_portal.refusals import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.urls("door_views")]
NOTE = {"referenceId": "cust-81"}
BY = actors.system("tests", channel=actors.Channel.COMMAND)


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256-sha256", "hmac-sha256"])
def test_a_signed_post_passes_by_every_algorithm(onboard, signing_client, algorithm):
    client = signing_client(onboard(algorithm=algorithm))
    answer = client.post("/v1/notes", NOTE)
    assert answer.status_code == 201, answer.content
    assert answer["Location"] == f"/v1/notes/{answer.json()['id']}"
    assert Customer.objects.get().partner == client.partner


def test_get_and_head_need_no_signature(acme):
    created = acme.post("/v1/notes", NOTE).json()
    assert acme.get(f"/v1/notes/{created['id']}").json() == created
    head = acme.send("HEAD", f"/v1/notes/{created['id']}")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("path", ["/v1/", "/v1/nothing", "/v1/notes/", "/v1/notes/not-a-uuid", "/v1"])
@pytest.mark.parametrize("debug", [True, False])
def test_unknown_routes_are_problems_for_anybody(problem, settings, path, debug):
    settings.DEBUG = debug
    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        assert problem(Client().generic(method, path))["code"] == "not_found"


def test_other_methods_are_refused_before_the_token_is_looked_at(problem):
    for method in ("PUT", "OPTIONS", "PATCH", "TRACE"):
        answer = Client().generic(method, "/v1/notes")
        assert problem(answer)["code"] == "method_not_allowed"
        assert answer["Allow"] == "GET, POST, HEAD"


def test_tokens(acme, problem):
    for authorization, code in (
        (None, "token_missing"),
        ("Basic abc", "token_missing"),
        ("Bearer", "token_invalid"),
        ("Bearer nonsense", "token_invalid"),
        ("Bearer \x7f\xe9", "token_invalid"),
    ):
        answer = acme.get("/v1/notes", headers={"Authorization": authorization})
        assert problem(answer)["code"] == code
        assert answer["WWW-Authenticate"] == "Bearer"


def test_a_token_ends_with_its_time_its_application_and_its_partner(acme, problem):
    def code():
        return problem(acme.get("/v1/notes"))["code"]

    earlier = clock.now() - timedelta(seconds=1)
    applications = Application.objects.filter(partner=acme.partner)
    for change in ({"expires_at": earlier}, {"revoked_at": earlier}):
        applications.update(**change)
        assert code() == "token_invalid"
        applications.update(expires_at=None, revoked_at=None)
    assert acme.get("/v1/notes").status_code == 200
    applications.get().accesstoken_set.update(expires=earlier)
    assert code() == "token_invalid"
    acme.token = acme.fetch_token()["access_token"]
    Partner.objects.update(status="ended")
    assert code() == "token_invalid"


def test_a_suspended_partner_is_refused_but_where_the_view_takes_it(acme, problem):
    Partner.objects.update(status="suspended")
    assert problem(acme.post("/v1/notes", NOTE))["code"] == "partner_suspended"
    assert acme.post("/v1/anytime", NOTE).status_code == 201


def test_an_uncertified_partner_is_refused_only_where_certification_is_required(acme, problem, settings):
    settings.REQUIRE_CERTIFICATION = True
    assert problem(acme.post("/v1/notes", NOTE))["code"] == "partner_not_certified"
    certificate = certificates.issue(
        Partner.objects.get(), maker="", requirements="1.1", report={}, now=clock.now(), by=BY, reason="a clean run"
    )
    assert acme.post("/v1/notes", NOTE).status_code == 201
    certificates.withdraw(certificate, now=clock.now(), by=BY, reason="it went stale")
    assert problem(acme.post("/v1/notes", NOTE))["code"] == "partner_not_certified"


def test_what_is_always_taken_is_taken_of_the_uncertified_too(acme, problem, settings):
    settings.REQUIRE_CERTIFICATION = True
    assert problem(acme.post("/v1/notes", NOTE))["code"] == "partner_not_certified"
    assert acme.post("/v1/anytime", NOTE).status_code == 201


def test_a_certificate_is_good_for_its_time_alone(acme, problem, settings):
    settings.REQUIRE_CERTIFICATION = True
    partner, year = Partner.objects.get(), timedelta(days=settings.CERTIFICATE_DAYS)
    given = {"maker": "", "requirements": "1.1", "report": {}, "by": BY, "reason": "a clean run"}
    certificates.issue(partner, now=clock.now() - year, **given)
    assert problem(acme.post("/v1/notes", NOTE))["code"] == "partner_not_certified"
    assert certificates.issue(partner, now=clock.now() - year + timedelta(minutes=1), **given).version == 2
    assert acme.post("/v1/notes", NOTE).status_code == 201


def test_scope(acme, problem):
    acme.token = acme.fetch_token(scope="enrollments:read")["access_token"]
    assert acme.get("/v1/notes").status_code == 200
    assert problem(acme.post("/v1/notes", NOTE))["code"] == "scope_insufficient"


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [("text/plain", None), ("", None), ("application/json; charset=latin-1", None), ("application/json", "gzip")],
)
def test_content_types(acme, problem, content_type, encoding):
    headers = {"Content-Encoding": encoding} if encoding else {}
    answer = acme.post("/v1/notes", NOTE, content_type=content_type, headers=headers)
    assert (answer.status_code, problem(answer)["code"]) == (415, "unsupported_media_type")


def test_a_charset_of_utf_8_is_fine(acme):
    assert acme.post("/v1/notes", NOTE, content_type='application/json; charset="UTF-8"').status_code == 201


def test_size(acme, problem):
    answer = acme.post("/v1/notes", body=b"x" * 2001)
    assert (answer.status_code, problem(answer)["code"]) == (413, "payload_too_large")
    assert problem(acme.post("/v1/notes", body=b"x" * 2000))["code"] == "malformed_json"


@pytest.mark.parametrize("key", [None, "", "a b", "é", "x" * 256, '"', '"a"b"', '""', 'a"; b'])
def test_idempotency_keys_that_are_none(acme, problem, key):
    answer = acme.post("/v1/notes", NOTE, key="k", headers={"Idempotency-Key": key})
    assert (answer.status_code, problem(answer)["code"]) == (400, "idempotency_key_missing")


def test_digest(acme, problem):
    for digest in (None, "", "sha-256=:AAAA:", "md5=:AAAA:", "sha-256=1", "sha-256", "((("):
        assert problem(acme.post("/v1/notes", NOTE, headers={"Content-Digest": digest}))["code"] == "digest_mismatch"


def test_the_order_of_checks(acme, problem):
    """Everything is wrong at once, and is put right step by step."""
    wrong = {
        "Authorization": None,
        "Idempotency-Key": None,
        "Content-Digest": None,
        "Signature": None,
    }
    options = {"body": b"{" + b" " * 2000, "content_type": "text/plain", "headers": wrong, "key": "k"}
    narrow = acme.fetch_token(scope="enrollments:read")["access_token"]
    Partner.objects.update(status="suspended")

    def code(method="POST", path="/v1/notes"):
        return problem(acme.send(method, path, **options))["code"]

    assert code("PUT", "/v1/nothing") == "not_found"
    assert code("PUT") == "method_not_allowed"
    assert code() == "token_missing"
    wrong["Authorization"] = f"Bearer {narrow}"
    assert code() == "partner_suspended"
    Partner.objects.update(status="active")
    assert code() == "scope_insufficient"
    wrong.pop("Authorization")
    assert code() == "unsupported_media_type"
    options.pop("content_type")
    assert code() == "payload_too_large"
    options["body"] = b"{"
    assert code() == "idempotency_key_missing"
    wrong.pop("Idempotency-Key")
    assert code() == "digest_mismatch"
    wrong.pop("Content-Digest")
    assert code() == "signature_missing"
    wrong.pop("Signature")
    assert code() == "malformed_json"
    options["body"] = b"{}"
    assert code() == "validation_failed"


def test_a_foreign_host_gets_a_problem_too(acme, problem):
    answer = acme.http.get("/v1/notes", headers={"Host": "evil.example"})
    assert problem(answer)["type"] == "/docs/errors#validation_failed"


def test_every_answer_has_a_request_id_and_problems_repeat_it(acme, problem):
    answer = acme.post("/v1/notes", {})
    assert problem(answer)["requestId"] == answer["X-Request-ID"]
    assert acme.get("/v1/notes")["X-Request-ID"] != answer["X-Request-ID"]


def test_a_failure_is_a_problem_and_its_log_holds_no_values(acme, problem, caplog, settings):
    settings.DEBUG = True
    answer = acme.get("/v1/broken?name=4711")
    assert (answer.status_code, problem(answer)["code"]) == (500, "internal_error")
    assert "Retry-After" in answer
    assert "DoesNotExist" in caplog.text
    assert "4711" not in caplog.text


def test_refusals_of_a_known_partner_are_kept_without_values(acme):
    document = {"device": {"manufacturerDeviceId": "PW3-\x00"}, "referenceId": 4711, "sp\x00am": "4712"}
    answer = acme.post("/v1/notes", document)
    kept = RefusedRequest.objects.get(id=answer["X-Request-ID"])
    assert (kept.partner, kept.method, kept.path, kept.status) == (acme.partner, "POST", "/v1/notes", 400)
    assert kept.subject == "PW3-\ufffd"
    assert {(fault["pointer"], fault["code"]) for fault in kept.faults} == {
        ("/device", "unknown_field"),
        ("/referenceId", "invalid"),
        ("/sp\ufffdam", "unknown_field"),
    }
    assert "471" not in str(kept.faults)


def test_keys_and_applications_know_when_they_were_last_used_but_not_more_than_once_a_minute(acme):
    acme.post("/v1/notes", NOTE)
    key, application = SigningKey.objects.get(), Application.objects.get()
    assert clock.now() - key.last_used_at < timedelta(seconds=30)
    assert clock.now() - application.last_used_at < timedelta(seconds=30)
    acme.post("/v1/notes", {"referenceId": "another"})
    key_after, application_after = SigningKey.objects.get(), Application.objects.get()
    assert (key_after.last_used_at, application_after.last_used_at) == (key.last_used_at, application.last_used_at)


def test_the_door_costs_a_known_number_of_statements(acme, django_assert_num_queries):
    """Token with key and earlier answer; then the transaction: begun, held, the effect's one, the record, committed.

    A replay is counted besides, for certification.
    """
    acme.post("/v1/notes", NOTE)
    with django_assert_num_queries(1 + 5):
        acme.post("/v1/notes", {"referenceId": "another"}, key="key-1")
    with django_assert_num_queries(1 + 1):
        acme.post("/v1/notes", {"referenceId": "another"}, key="key-1")
    with django_assert_num_queries(2):
        acme.get("/v1/notes")


def test_a_stale_signature_and_one_from_the_future(acme, problem):
    for offset in (-302, 45):
        answer = acme.post("/v1/notes", NOTE, created=int(time.time()) + offset)
        assert problem(answer)["code"] == "signature_stale"
    for offset in (-285, 28):
        reference = {"referenceId": f"at {offset}"}
        assert acme.post("/v1/notes", reference, created=int(time.time()) + offset).status_code == 201


@pytest.mark.parametrize(("age", "is_fresh"), [(300, True), (301, False), (-30, True), (-31, False)])
def test_a_signature_is_good_to_the_second(age, is_fresh):
    made_at = 1_800_000_000
    claim = signatures.Claim((), {"created": made_at}, b"")
    with nullcontext() if is_fresh else pytest.raises(Refusal, match="signature was made over"):
        signatures.check_fresh(claim, now=datetime.fromtimestamp(made_at + age, UTC))
