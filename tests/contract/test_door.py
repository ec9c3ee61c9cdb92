"""What the door refuses before it reads a body: routes, methods, tokens, scopes, media types, sizes, keys (§7)."""

from collections.abc import Callable
from typing import Any

import pytest

from .client import Client, send
from .payloads import enrollment

UNKNOWN = "/v1/enrollments/0199a1f2-0000-7000-8000-00000000dead"
MIB = 1024 * 1024


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/enrollments/",
        "/v1/enrollments/batch/",
        f"{UNKNOWN}/",
        f"{UNKNOWN}/nothing",
        "/v1/enrollments//",
        "/v1/%00",
        "/v1/enrollments/%00",
        "/v1/enrollments/not-a-uuid",
        "/v1/enrollments/%F0%9F%94%8B",
        "/v1/enrollments/%ff%fe",
        UNKNOWN,
        f"{UNKNOWN}/history",
    ],
)
def test_what_is_not_there_is_not_found(oem: Client, path: str) -> None:
    answer = oem.get(path)
    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/enrollments", {"GET", "POST"}),
        ("DELETE", "/v1/enrollments", {"GET", "POST"}),
        ("PATCH", "/v1/enrollments", {"GET", "POST"}),
        ("POST", UNKNOWN, {"GET", "PATCH"}),
        ("DELETE", UNKNOWN, {"GET", "PATCH"}),
        ("GET", f"{UNKNOWN}/consents", {"POST"}),
        ("POST", f"{UNKNOWN}/history", {"GET"}),
        ("GET", "/v1/eligibility", {"POST"}),
        ("PATCH", "/v1/enrollments/batch", {"POST"}),
        ("BREW", "/v1/enrollments", {"GET", "POST"}),
        ("OPTIONS", "/v1/enrollments", {"GET", "POST"}),
    ],
)
def test_a_method_that_a_route_does_not_have_is_refused(oem: Client, method: str, path: str, allowed: set[str]) -> None:
    answer = oem.sign_and_send(oem.draft(method, path, {}))
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert allowed <= {name.strip() for name in answer.headers["Allow"].split(",")}


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "token_missing"),
        ("Bearer not-a-token", "token_invalid"),
        ("Bearer caf\xe9", "token_invalid"),
        (f"Bearer {'x' * 5000}", "token_invalid"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_without_a_good_token_is_refused(oem: Client, method: str, header: str | None, code: str) -> None:
    request = oem.draft(method, "/v1/enrollments", {}).drop("Authorization")
    if header is not None:
        request.put("Authorization", header)
    answer = oem.sign_and_send(request)
    assert (answer.status, answer.code) == (401, code)


@pytest.mark.parametrize("header", ["Basic dTpw", "Bearer", "Bearer ", "Bearer a b", "bearer"])
def test_an_authorization_of_another_form_is_refused(oem: Client, header: str) -> None:
    answer = send(oem.draft("GET", "/v1/enrollments").put("Authorization", header)).check()
    assert answer.status == 401
    assert answer.code in {"token_missing", "token_invalid"}


def test_the_word_bearer_is_taken_in_any_case(oem: Client) -> None:
    request = oem.draft("GET", "/v1/enrollments")
    assert send(request.put("Authorization", f"bearer {oem.token}")).check().status == 200


def test_a_partner_without_certification_is_refused_where_it_is_required(oem: Client, settings: Any) -> None:
    settings.REQUIRE_CERTIFICATION = True
    answer = oem.enroll(enrollment())
    assert (answer.status, answer.code) == (403, "partner_not_certified")


NEEDS = [
    ("GET", "/v1/enrollments", "enrollments:read"),
    ("GET", UNKNOWN, "enrollments:read"),
    ("GET", f"{UNKNOWN}/history", "enrollments:read"),
    ("POST", "/v1/enrollments", "enrollments:write"),
    ("PATCH", UNKNOWN, "enrollments:write"),
    ("POST", f"{UNKNOWN}/consents", "enrollments:write"),
    ("POST", "/v1/enrollments/batch", "enrollments:write"),
    ("POST", "/v1/eligibility", "enrollments:write"),
]


@pytest.mark.parametrize(("method", "path", "scope"), NEEDS)
def test_each_call_needs_its_scope(oem: Client, method: str, path: str, scope: str) -> None:
    other = {"enrollments:read": "enrollments:write", "enrollments:write": "enrollments:read"}[scope]
    request = oem.draft(method, path, {})
    refused = oem.sign_and_send(request.put("Authorization", f"Bearer {oem.new_token(other)}"))
    assert (refused.status, refused.code) == (403, "scope_insufficient")
    passed = oem.sign_and_send(request.put("Authorization", f"Bearer {oem.new_token(scope)}"))
    assert passed.status in {200, 400, 404}


def test_a_client_onboarded_with_few_scopes_has_no_others(new_partner: Callable[..., Client]) -> None:
    reader = new_partner("--scope", "enrollments:read")
    assert reader.get("/v1/enrollments").status == 200
    assert reader.enroll(enrollment()).code == "scope_insufficient"


@pytest.mark.parametrize(
    "media_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/enrollments"), ("PATCH", UNKNOWN)])
def test_a_body_that_is_not_called_json_is_refused(oem: Client, method: str, path: str, media_type: str | None) -> None:
    request = oem.draft(method, path, enrollment()).drop("Content-Type")
    if media_type is not None:
        request.put("Content-Type", media_type)
    answer = oem.sign_and_send(request)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


def test_a_merge_patch_is_for_patching_only(oem: Client) -> None:
    request = oem.draft("POST", "/v1/enrollments", enrollment())
    answer = oem.sign_and_send(request.put("Content-Type", "application/merge-patch+json"))
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


def test_a_charset_does_not_matter(oem: Client) -> None:
    request = oem.draft("POST", "/v1/enrollments", enrollment())
    assert oem.sign_and_send(request.put("Content-Type", "application/json; charset=utf-8")).status == 201


@pytest.mark.parametrize(
    ("path", "limit"), [("/v1/enrollments", MIB), ("/v1/eligibility", MIB), ("/v1/enrollments/batch", 4 * MIB)]
)
def test_a_body_over_the_limit_is_refused(oem: Client, path: str, limit: int) -> None:
    too_large = oem.post(path, b" " * (limit + 1))
    assert (too_large.status, too_large.code) == (413, "payload_too_large")
    just_fits = oem.post(path, b"{}" + b" " * (limit - 2))
    assert (just_fits.status, just_fits.code) == (400, "validation_failed")


def test_a_body_announced_too_large_is_refused_before_it_comes(oem: Client) -> None:
    request = oem.draft("POST", "/v1/enrollments", b"{}").put("Content-Length", str(10 * MIB))
    request.body = b""
    answer = oem.sign_and_send(request.put("Connection", "close"))
    assert (answer.status, answer.code) == (413, "payload_too_large")


@pytest.mark.parametrize("key", [None, "", '""', "k" * 256, "two words", "caf\xe9", '"unclosed', "tab\there"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/enrollments"), ("PATCH", UNKNOWN)])
def test_a_key_that_is_missing_or_ill_formed_is_refused(oem: Client, method: str, path: str, key: str | None) -> None:
    request = oem.draft(method, path, enrollment()).drop("Idempotency-Key")
    if key is not None:
        request.put("Idempotency-Key", key)
    answer = oem.sign_and_send(request)
    assert (answer.status, answer.code) == (400, "idempotency_key_missing")


def test_a_key_of_255_characters_is_taken(oem: Client) -> None:
    assert oem.enroll(enrollment(), key="k" * 255).status == 201
