"""JSON bodies, strictly: what is not one well-formed document is `malformed_json`, never a failure of ours."""

import pytest

from partners import documents
from texture_portal.refusals import Refusal


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{} {}",
        b"\xff\xfe{}",
        b'{"a": "\xed\xa0\x80"}',
        b'\xef\xbb\xbf{"a": 1}',
        rb'{"a": "\ud800"}',
        rb'{"\udc00": 1}',
        rb'{"a": "\uDBFF\u0041"}',
        b'{"a": 1, "a": 1}',
        b'{"x": [{"a": 1, "b": 2, "a": 3}]}',
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b"1" * 5000,
        b"[" * 33 + b"]" * 33,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b'{"a": "line\nbreak"}',
        b"{'a': 1}",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_bodies_that_are_malformed(body):
    with pytest.raises(Refusal) as refused:
        documents.parse(body)
    assert refused.value.code == "malformed_json"


def test_nesting_of_32_is_taken_and_brackets_in_strings_do_not_count():
    assert documents.parse(b"[" * 32 + b"]" * 32)
    assert documents.parse(b'["' + b"[" * 100 + b'"]') == ["[" * 100]


def test_text_beyond_ascii_is_taken_raw_and_escaped():
    assert documents.parse('{"name": "Zoë 🔋"}'.encode()) == {"name": "Zoë 🔋"}
    assert documents.parse(rb'{"name": "\ud83d\udd0b"}') == {"name": "🔋"}
