"""Bad input by the handful (hypothesis): always an answer of the contract, never a server error (§1, §7)."""

import json
import urllib.parse
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .client import Client, send
from .payloads import changed, enrollment
from .problems import pointers
from .signing import sign

storm = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
EXPECTED = {201, 202, 400, 409, 422}

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = (
    st.none() | st.booleans() | st.integers() | st.integers(-(2**70), 2**70) | text
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "\0", "US", "battery", "2026-02-30", "9999-12-31T23:59:59-14:00", "demand_response"])
)  # fmt: skip
anything = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3))


def _pointers_of(value: Any, at: str = "") -> list[str]:
    if not isinstance(value, dict):
        return [at]
    return [at, *(found for name, inner in value.items() for found in _pointers_of(inner, f"{at}/{name}"))]


@pytest.fixture(scope="module")
def made(oem: Client) -> dict[str, Any]:
    return oem.enrolled(enrollment())


POINTERS = [pointer for pointer in _pointers_of(enrollment()) if pointer]
POINTERS += ["/site/coordinates", "/site/utilityHint", "/site/coordinates/latitude", "/site/address/streetTwo"]


def _check(answer: Any) -> None:
    assert answer.status in EXPECTED, answer.body
    if answer.code == "validation_failed":
        assert pointers(answer.json)


@storm
@given(pointer=st.sampled_from(POINTERS), value=anything)
def test_any_value_anywhere_in_an_enrollment(oem: Client, pointer: str, value: Any) -> None:
    _check(oem.enroll(changed(enrollment(), pointer, value)))


@storm
@given(body=anything)
def test_any_json_as_a_body(oem: Client, body: Any) -> None:
    for path in ("/v1/enrollments", "/v1/enrollments/batch", "/v1/eligibility"):
        assert oem.post(path, body).status == 400


@storm
@given(body=st.binary(max_size=60))
def test_any_bytes_as_a_body(oem: Client, body: bytes) -> None:
    assert oem.post("/v1/enrollments", body).status == 400


@storm
@given(at=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_any_byte_changed_in_an_enrollment(oem: Client, at: int, byte: int) -> None:
    sent = bytearray(json.dumps(enrollment()).encode())
    sent[at % len(sent)] = byte
    _check(oem.post("/v1/enrollments", bytes(sent)))


@storm
@given(
    query=st.dictionaries(
        st.sampled_from(["state", "deviceId", "manufacturerDeviceId", "updatedSince", "limit", "cursor", "x"]), text
    )
)
def test_any_query(oem: Client, query: dict[str, str]) -> None:
    assert oem.get("/v1/enrollments", **query).status in {200, 400}


header_text = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
tokens = st.sampled_from(
    [
        "sig1",
        "=",
        "(",
        ")",
        ";",
        ":",
        '"',
        ",",
        " ",
        "created",
        "keyid",
        '"@method"',
        "AAAA",
        "sha-256",
        "1",
        "?1",
        "-",
        "*",
        "\\",
    ]
)
HEADERS = ["Authorization", "Content-Type", "Idempotency-Key", "Content-Digest", "Signature", "Signature-Input"]


@storm
@given(name=st.sampled_from(HEADERS), value=header_text | st.lists(tokens, max_size=25).map("".join))
def test_any_value_of_a_header(oem: Client, name: str, value: str) -> None:
    request = sign(oem.draft("POST", "/v1/enrollments", b"{}"), oem.key)
    assert send(request.put(name, value)).check().status in {400, 401, 415}


@storm
@given(name=text)
def test_any_identifier_in_a_path(oem: Client, name: str) -> None:
    if name not in {"", ".", ".."}:
        path = f"/v1/enrollments/{urllib.parse.quote(name, safe='')}"
        assert oem.get(path).status == 404
        assert oem.patch(path, {}).status == 404


@storm
@given(patch=st.dictionaries(st.sampled_from(["site", "customer", "eligibility", "device", "x"]), anything))
def test_any_patch(oem: Client, made: dict[str, Any], patch: dict[str, Any]) -> None:
    answer = oem.patch(f"/v1/enrollments/{made['id']}", patch)
    assert answer.status in {200, 400, 422}
    assert oem.get(f"/v1/enrollments/{made['id']}").json["device"] == made["device"]


@storm
@given(pointer=st.sampled_from(POINTERS), value=anything)
def test_any_value_in_a_batchs_item_hurts_no_other(oem: Client, pointer: str, value: Any) -> None:
    bodies = [changed(enrollment(), pointer, value), enrollment()]
    items = [{"requestId": str(uuid.uuid4()), **body} for body in bodies]
    answer = oem.post("/v1/enrollments/batch", {"enrollments": items})
    assert answer.status == 200
    first, second = answer.json["results"]
    assert first["status"] in EXPECTED
    assert second["status"] == 201
