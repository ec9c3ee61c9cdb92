"""What is served around the calls (§10): the process's health, and the schema without a token."""

import pytest

from .client import send
from .signing import Request


def test_the_process_says_that_it_is_well_and_names_the_request(authority: str) -> None:
    answer = send(Request("GET", authority, "/healthz"))
    assert answer.status == 200
    assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize("path", ["/", "/nothing", "/v1", "/oauth/token/", "/%00", "/%ff"])
def test_every_answer_names_its_request(authority: str, path: str) -> None:
    answer = send(Request("GET", authority, path))
    assert answer.status < 500
    assert answer.headers["X-Request-ID"]


def test_the_schema_needs_no_token(authority: str) -> None:
    answer = send(Request("GET", authority, "/v1/openapi.json")).check()
    assert answer.status == 200
    assert answer.json["openapi"].startswith("3.1")
    assert "/v1/enrollments" in answer.json["paths"]
