"""The idempotency key (§2.4): the first answer again, byte for byte, and nothing done twice."""

import uuid
from typing import Any

import pytest

from . import grid
from .client import Answer, Client, send
from .payloads import ago, consent, enrollment, without
from .signing import sign


def new_key() -> str:
    return f"key-{uuid.uuid4()}"


def check_replay(first: Answer, second: Answer) -> None:
    assert not first.replayed
    assert second.replayed
    assert (second.status, second.body) == (first.status, first.body)
    for name in ("Content-Type", "Location"):
        assert second.headers[name] == first.headers[name]
    assert second.headers["X-Request-ID"] != first.headers["X-Request-ID"]


def test_the_same_request_again_gets_the_first_answer(lone_oem: Client) -> None:
    key, body = new_key(), enrollment()
    first, second, third = (lone_oem.enroll(body, key=key) for _ in range(3))
    assert first.status == 201
    check_replay(first, second)
    check_replay(first, third)
    assert len(lone_oem.enrollments()) == 1


def test_a_quoted_key_is_the_bare_one(lone_oem: Client) -> None:
    key, body = new_key(), enrollment()
    check_replay(lone_oem.enroll(body, key=key), lone_oem.enroll(body, key=f'"{key}"'))
    body, key = enrollment(), new_key()
    check_replay(lone_oem.enroll(body, key=f'"{key}"'), lone_oem.enroll(body, key=key))


def test_a_replay_keeps_the_answer_though_the_enrollment_has_moved_on(oem: Client) -> None:
    key, body = new_key(), enrollment(consent={"optedIn": False})
    first = oem.enroll(body, key=key)
    assert oem.post(f"/v1/enrollments/{first.json['id']}/consents", consent()).json["state"] == "enrolled"
    check_replay(first, oem.enroll(body, key=key))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (enrollment(consent=consent(grantedAt=ago(days=91))), "consent_stale"),
        (enrollment(grid.OUTSIDE), "territory_unsupported"),
        (enrollment(grid.NO_SUCH_ZIP), "location_invalid"),
    ],
    ids=["consent_stale", "territory_unsupported", "location_invalid"],
)
def test_a_422_of_the_business_rules_is_kept(oem: Client, body: dict[str, Any], code: str) -> None:
    key = new_key()
    first = oem.enroll(body, key=key)
    assert (first.status, first.code) == (422, code)
    check_replay(first, oem.enroll(body, key=key))


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_a_422_of_a_change_is_kept_and_so_is_its_success(oem: Client, method: str) -> None:
    path = f"/v1/enrollments/{oem.enrolled(enrollment())['id']}"
    good: Any = {"site": {"address": grid.PARTIAL}} if method == "PATCH" else consent()
    bad: Any = {"site": {"address": grid.OUTSIDE}} if method == "PATCH" else consent(grantedAt=ago(days=91))
    call = oem.patch if method == "PATCH" else oem.post
    path += "" if method == "PATCH" else "/consents"
    for body, statuses in ((bad, {422}), (good, {200, 201})):
        key = new_key()
        first = call(path, body, key=key)
        assert first.status in statuses
        check_replay(first, call(path, body, key=key))


def test_a_409_of_the_business_rules_is_kept(oem: Client) -> None:
    body, key = enrollment(), new_key()
    oem.enrolled(body)
    first = oem.enroll(body, key=key)
    assert first.code == "enrollment_exists"
    check_replay(first, oem.enroll(body, key=key))


def test_a_correction_under_the_key_of_a_kept_refusal_is_refused(oem: Client) -> None:
    body, key = enrollment(consent=consent(grantedAt=ago(days=91))), new_key()
    assert oem.enroll(body, key=key).code == "consent_stale"
    body["consent"] = consent()
    assert oem.enroll(body, key=key).code == "idempotency_key_reused"
    assert oem.enroll(body).status == 201


@pytest.mark.parametrize("broken", ["fields", "json", "signature", "digest"])
def test_a_400_or_401_is_not_kept(oem: Client, broken: str) -> None:
    key, body = new_key(), enrollment()
    request = oem.draft("POST", "/v1/enrollments", body, key=key)
    if broken == "fields":
        request = sign(oem.draft("POST", "/v1/enrollments", without(body, "/device/model"), key=key), oem.key)
    if broken == "json":
        request = sign(oem.draft("POST", "/v1/enrollments", b"{", key=key), oem.key)
    if broken == "digest":
        request = sign(request.drop("Content-Digest"), oem.key)
    for _ in range(2):
        refused = send(request).check()
        assert refused.status in {400, 401}
        assert not refused.replayed
    taken = oem.enroll(body, key=key)
    assert (taken.status, taken.replayed) == (201, False)


def test_a_404_is_not_kept(oem: Client) -> None:
    key, path = new_key(), f"/v1/enrollments/{uuid.uuid4()}/consents"
    for _ in range(2):
        answer = oem.post(path, consent(), key=key)
        assert (answer.status, answer.replayed) == (404, False)
    assert oem.enroll(enrollment(), key=key).status == 201


def _reused(answer: Answer) -> None:
    assert (answer.status, answer.code) == (422, "idempotency_key_reused")


def test_the_same_key_with_another_body_is_refused(lone_oem: Client) -> None:
    key, body = new_key(), enrollment()
    first = lone_oem.enroll(body, key=key)
    _reused(lone_oem.enroll(enrollment(), key=key))
    check_replay(first, lone_oem.enroll(body, key=key))
    assert len(lone_oem.enrollments()) == 1


def test_the_same_json_in_other_bytes_is_another_body(oem: Client) -> None:
    key, body = new_key(), enrollment()
    request = oem.draft("POST", "/v1/enrollments", body, key=key)
    assert oem.sign_and_send(request).status == 201
    _reused(oem.post("/v1/enrollments", request.body + b"\n", key=key))


def test_the_same_key_on_another_path_query_or_method_is_refused(oem: Client) -> None:
    key, body = new_key(), enrollment()
    made = oem.enroll(body, key=key)
    _reused(oem.post("/v1/enrollments/batch", body, key=key))
    _reused(oem.sign_and_send(oem.draft("POST", "/v1/enrollments", body, key=key, query="a=b")))
    _reused(oem.patch(f"/v1/enrollments/{made.json['id']}", body, key=key))


def test_keys_are_each_partners_own(oem: Client, stranger: Client) -> None:
    key = new_key()
    assert oem.enroll(enrollment(), key=key).status == 201
    answer = stranger.enroll(enrollment(), key=key)
    assert (answer.status, answer.replayed) == (201, False)


def test_a_replay_must_be_signed_like_any_request(oem: Client) -> None:
    key, body = new_key(), enrollment()
    oem.enroll(body, key=key)
    answer = send(oem.draft("POST", "/v1/enrollments", body, key=key)).check()
    assert (answer.status, answer.code) == (401, "signature_missing")
