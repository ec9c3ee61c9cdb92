"""§7's order: route, method, token, partner status, scope, rate, content type, size, `Idempotency-Key`, digest,
signature, idempotency, JSON, fields, object, state, consent, territory: of two faults the earlier is named.
"""

import itertools
import uuid
from collections.abc import Callable

import pytest

from . import grid
from .client import Client, send
from .payloads import again, ago, consent, enrollment
from .signing import Request, content_digest, sign

Fault = Callable[[Client, Request], Request]

WRONG_DIGEST = content_digest(b"another body")


def _no_token(oem: Client, request: Request) -> Request:
    return request.drop("Authorization")


def _narrow_token(oem: Client, request: Request) -> Request:
    return request.put("Authorization", f"Bearer {oem.new_token('enrollments:read')}")


def _plain_text(oem: Client, request: Request) -> Request:
    return request.put("Content-Type", "text/plain")


def _too_large(oem: Client, request: Request) -> Request:
    request.body += b" " * (1024 * 1024)
    return request


def _no_key(oem: Client, request: Request) -> Request:
    return request.drop("Idempotency-Key")


def _wrong_digest(oem: Client, request: Request) -> Request:
    return request.put("Content-Digest", WRONG_DIGEST)


def _unsigned(oem: Client, request: Request) -> Request:
    return request.drop("Signature").drop("Signature-Input")


STAGES: list[tuple[str, Fault]] = [
    ("token_missing", _no_token),
    ("scope_insufficient", _narrow_token),
    ("unsupported_media_type", _plain_text),
    ("payload_too_large", _too_large),
    ("idempotency_key_missing", _no_key),
    ("digest_mismatch", _wrong_digest),
    ("signature_missing", _unsigned),
]
CODES = [code for code, _ in STAGES]


@pytest.mark.parametrize("first", range(len(STAGES)), ids=CODES)
def test_the_earliest_fault_of_all_that_follow_is_named(oem: Client, first: int) -> None:
    request = sign(oem.draft("POST", "/v1/enrollments", b"{not json"), oem.key)
    for _, fault in reversed(STAGES[first:]):
        request = fault(oem, request)
    assert send(request).check().code == STAGES[first][0]


@pytest.mark.parametrize(("earlier", "later"), list(itertools.pairwise(STAGES)), ids=CODES[:-1])
def test_of_two_neighbouring_faults_the_earlier_is_named(
    oem: Client, earlier: tuple[str, Fault], later: tuple[str, Fault]
) -> None:
    request = sign(oem.draft("POST", "/v1/enrollments", enrollment()), oem.key)
    assert send(earlier[1](oem, later[1](oem, request))).check().code == earlier[0]


def test_route_comes_before_method_and_method_before_token(authority: str) -> None:
    assert send(Request("BREW", authority, "/v1/nothing")).check().code == "not_found"
    assert send(Request("BREW", authority, "/v1/enrollments")).check().code == "method_not_allowed"


def test_signature_comes_before_idempotency(oem: Client) -> None:
    key = str(uuid.uuid4())
    oem.enroll(enrollment(), key=key)
    other = oem.draft("POST", "/v1/enrollments", enrollment(), key=key)
    assert send(other).check().code == "signature_missing"


def test_idempotency_comes_before_json(oem: Client) -> None:
    key = str(uuid.uuid4())
    assert oem.enroll(enrollment(), key=key).status == 201
    assert oem.post("/v1/enrollments", b"{not json", key=key).code == "idempotency_key_reused"


def test_json_comes_before_fields(oem: Client) -> None:
    assert oem.post("/v1/enrollments", b'{"unknown": 1,').code == "malformed_json"


@pytest.mark.parametrize(("method", "rest"), [("PATCH", ""), ("POST", "/consents")])
def test_fields_come_before_the_object(oem: Client, method: str, rest: str) -> None:
    path = f"/v1/enrollments/{uuid.uuid4()}{rest}"
    assert oem.sign_and_send(oem.draft(method, path, {"typo": 1})).code == "validation_failed"
    good = consent() if rest else {"customer": {"utilityAccountNumber": "1"}}
    assert oem.sign_and_send(oem.draft(method, path, good)).code == "not_found"


def test_the_object_comes_before_consent(oem: Client) -> None:
    path = f"/v1/enrollments/{uuid.uuid4()}/consents"
    assert oem.post(path, consent(grantedAt=ago(days=91))).code == "not_found"


def test_fields_come_before_consent(oem: Client) -> None:
    body = enrollment(consent=consent(grantedAt=ago(days=91)), typo=1)
    assert oem.enroll(body).code == "validation_failed"


def test_state_comes_before_consent(oem: Client) -> None:
    body = enrollment()
    oem.enrolled(body)
    body["consent"]["grantedAt"] = ago(days=91)
    assert oem.enroll(body).code == "enrollment_exists"


def test_state_comes_before_territory(oem: Client) -> None:
    body = enrollment()
    oem.enrolled(body)
    body["site"]["address"] = grid.OUTSIDE
    assert oem.enroll(body).code == "enrollment_exists"


@pytest.mark.parametrize("place", [grid.OUTSIDE, grid.NO_SUCH_ZIP], ids=["outside", "no such ZIP"])
def test_consent_comes_before_territory(oem: Client, place: dict[str, str]) -> None:
    body = enrollment(place, consent=consent(grantedAt=ago(days=91)))
    assert oem.enroll(body).code == "consent_stale"
    assert oem.enroll(again(body, consent=consent())).code in {"territory_unsupported", "location_invalid"}
