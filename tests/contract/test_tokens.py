"""The token endpoint (§2.1): OAuth 2.0 client credentials."""

import base64
from collections.abc import Callable

import pytest

from .client import Client, send
from .signing import Request

ALL = {
    "enrollments:read", "enrollments:write", "events:read", "events:write", "devices:read", "telemetry:read",
    "telemetry:write", "commands:read", "commands:write", "programs:read", "webhooks:write", "links:write",
}  # fmt: skip


@pytest.mark.parametrize("basic", [True, False], ids=["basic", "form"])
def test_credentials_give_a_bearer_token_for_an_hour(oem: Client, basic: bool) -> None:
    answer = oem.ask_token(basic=basic)
    assert answer.status == 200
    assert answer.headers["X-Request-ID"]
    assert answer.json["token_type"].lower() == "bearer"
    assert answer.json["expires_in"] == 3600
    oem_with_it = oem.draft("GET", "/v1/enrollments").put("Authorization", f"Bearer {answer.json['access_token']}")
    assert send(oem_with_it).check().status == 200


def test_none_asked_gives_all_that_the_client_has(oem: Client, new_partner: Callable[..., Client]) -> None:
    assert set(oem.ask_token().json["scope"].split()) == ALL
    narrow = new_partner("--scope", "enrollments:read", "--scope", "events:write")
    assert set(narrow.ask_token().json["scope"].split()) == {"enrollments:read", "events:write"}


def test_some_asked_gives_those(oem: Client) -> None:
    assert oem.ask_token(scope="enrollments:read").json["scope"] == "enrollments:read"


@pytest.mark.parametrize("scope", ["everything", "enrollments:write"])
def test_a_scope_that_the_client_does_not_have_is_refused(new_partner: Callable[..., Client], scope: str) -> None:
    answer = new_partner("--scope", "enrollments:read").ask_token(scope=scope)
    assert (answer.status, answer.json["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize("basic", [True, False], ids=["basic", "form"])
@pytest.mark.parametrize("secret", ["wrong", "", "caf\xe9"])
def test_a_wrong_secret_gives_no_token(oem: Client, secret: str, basic: bool) -> None:
    answer = oem.ask_token(basic=basic, secret=secret)
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")


def test_another_grant_gives_no_token(oem: Client) -> None:
    answer = oem.ask_token(grant_type="password", username="u", password="p")
    assert answer.status in {400, 401}
    assert "access_token" not in answer.json


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"grant_type=client_credentials&client_id=%00", b"&&==&"])
def test_a_nonsense_form_gives_no_token(authority: str, body: bytes) -> None:
    request = Request("POST", authority, "/oauth/token/", body=body)
    answer = send(request.put("Content-Type", "application/x-www-form-urlencoded"))
    assert answer.status in {400, 401}
    assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize("pair", [b"\0:\0", b"\xff\xfe:\xff", b"no colon", b":", b""])
def test_nonsense_credentials_give_no_token(authority: str, pair: bytes) -> None:
    request = Request("POST", authority, "/oauth/token/", body=b"grant_type=client_credentials")
    request.put("Content-Type", "application/x-www-form-urlencoded")
    answer = send(request.put("Authorization", f"Basic {base64.b64encode(pair).decode()}"))
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")
