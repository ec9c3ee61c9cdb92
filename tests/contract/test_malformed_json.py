"""Bodies that are no JSON, or JSON that nobody should send (§1)."""

import json

import pytest

from .client import Client
from .payloads import enrollment

PATHS = ["/v1/enrollments", "/v1/enrollments/batch", "/v1/eligibility"]


def _malformed(oem: Client, path: str, body: bytes) -> None:
    answer = oem.post(path, body)
    assert (answer.status, answer.code) == (400, "malformed_json")


MALFORMED = {
    "empty": b"",
    "space": b"  ",
    "open": b"{",
    "words": b"hello",
    "trailing comma": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "two values": b"{}{}",
    "comment": b"{} // yes",
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "raw control": b'{"a": "\x01"}',
    "raw NUL": b'{"a": "\x00"}',
    "only NUL": b"\x00",
    "bad escape": b'{"a": "\\x41"}',
    "leading zero": b'{"a": 01}',
    "invalid UTF-8": b'{"a": "\xff"}',
    "overlong UTF-8": b'{"a": "\xc0\xaf"}',
    "surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-32": '{"a": 1}'.encode("utf-32"),
    "lone high surrogate": b'{"a": "\\ud800"}',
    "lone low surrogate": b'{"a": "\\udc00"}',
    "surrogates the wrong way": b'{"a": "\\udc00\\ud800"}',
    "surrogate in a name": b'{"\\ud800": 1}',
    "surrogate deep inside": b'{"a": [{"b": ["x\\ud800y"]}]}',
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_json_is_malformed(oem: Client, body: bytes) -> None:
    _malformed(oem, "/v1/enrollments", body)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", ["open", "invalid UTF-8", "lone high surrogate"])
def test_every_route_says_so(oem: Client, path: str, name: str) -> None:
    _malformed(oem, path, MALFORMED[name])


def _nested(depth: int, opening: bytes, closing: bytes) -> bytes:
    return opening * depth + b"1" + closing * depth


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["arrays", "objects"])
def test_nesting_to_32_is_read_and_deeper_is_malformed(oem: Client, opening: bytes, closing: bytes) -> None:
    assert oem.post("/v1/enrollments", _nested(32, opening, closing)).code == "validation_failed"
    for depth in (33, 1000, 100_000):
        _malformed(oem, "/v1/enrollments", _nested(depth, opening, closing))


def test_brackets_in_a_string_are_no_nesting(oem: Client) -> None:
    body = enrollment()
    body["device"]["model"] = "[" * 40 + '\\"{' * 20
    assert oem.enroll(body).status == 201


def test_a_surrogate_pair_is_a_character(oem: Client) -> None:
    body = enrollment()
    body["device"]["model"] = "PowerStack \U0001f50b"
    assert b"\\ud83d\\udd0b" in json.dumps(body).encode()
    assert oem.enroll(body).status == 201
    body = enrollment()
    body["device"]["model"] = "PowerStack \U0001f50b"
    assert oem.post("/v1/enrollments", json.dumps(body, ensure_ascii=False).encode()).status == 201


@pytest.mark.parametrize("body", [b"[]", b"7", b'"text"', b"null", b"true"])
@pytest.mark.parametrize("path", PATHS)
def test_a_body_is_an_object(oem: Client, path: str, body: bytes) -> None:
    answer = oem.post(path, body)
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert [error["pointer"] for error in answer.json["errors"]] == [""]


def test_a_member_named_twice_is_refused(oem: Client) -> None:
    body = json.dumps(enrollment()).replace('"optedIn": true', '"optedIn": false, "optedIn": true').encode()
    answer = oem.post("/v1/enrollments", body)
    assert answer.status == 400
    assert answer.code in {"malformed_json", "validation_failed"}


@pytest.mark.parametrize("number", ["1" + "0" * 400, "9" * 10_000, "1e400", "-1e400", "1e-400", "1e999999999"])
def test_a_monstrous_number_is_refused(oem: Client, number: str) -> None:
    body = json.dumps(enrollment()).replace("13500", number).encode()
    answer = oem.post("/v1/enrollments", body)
    if number == "1e-400":  # zero, as any reader of JSON sees it
        assert answer.status in {201, 400}
    else:
        assert answer.status == 400
        assert answer.code in {"malformed_json", "validation_failed"}
