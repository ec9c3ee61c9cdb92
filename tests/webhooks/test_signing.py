"""Signatures after the published vector, and what an answer leads to: pure."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from partners.webhooks import outcomes, signing
from partners.webhooks.outcomes import next_attempt, of_answer, of_silence, read_retry_after, rest_until
from tests.factories import NOW

VECTOR = settings.BASE_DIR.parent / "shared" / "data" / "signatures" / "standard_webhooks_vector.json"
FAILED = of_silence("timed_out")


@pytest.mark.real_data
def test_the_published_vector():
    if not VECTOR.exists():
        pytest.skip(f"NO VECTOR: {VECTOR} is absent, so the published signature was not compared")
    vector = json.loads(VECTOR.read_text())
    secret = base64.b64decode(vector["secret"].removeprefix("whsec_"))
    made = signing.headers(
        key=vector["webhook-id"],
        body=vector["payload"],
        secrets=[secret],
        now=datetime.fromtimestamp(int(vector["webhook-timestamp"]), tz=UTC),
    )
    assert made == {name: vector[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    assert signing.as_shown(secret) == vector["secret"]


def waits(outcome=FAILED, *, jitter=1.0) -> list[timedelta]:
    """From failure to failure, until it is given up."""
    now, made = NOW, []
    while due := next_attempt(outcome, attempts=len(made) + 1, now=now, give_up_at=NOW + timedelta(hours=72),
                              jitter=lambda: jitter):  # fmt: skip
        made.append(due - now)
        now = due
    assert now == NOW + timedelta(hours=72)  # the last attempt is at the very end
    return made


def test_the_pauses_double_up_to_four_hours_and_end_after_72():
    pauses = waits()
    assert [each.total_seconds() for each in pauses[:5]] == [5, 10, 20, 40, 80]
    assert max(pauses) == timedelta(hours=4)
    assert 20 < len(pauses) < 40


def test_jitter_halves_them_at_most():
    assert waits(jitter=0.0)[0] == timedelta(seconds=2.5)


def test_retry_after_is_heeded_where_it_is_longer():
    asked = of_answer(503, retry_after="3600", body=b"", now=NOW)
    assert waits(asked)[0] == timedelta(hours=1)
    assert waits(of_answer(503, retry_after="1", body=b"", now=NOW))[0] == timedelta(seconds=5)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120), ("0", 0), (" 7 ", 7), ("9999999", 86_400), ("Mon, 04 May 2026 15:10:00 GMT", 600),
        ("Mon, 04 May 2026 14:00:00 GMT", 0), ("Mon, 04 May 2036 14:00:00 GMT", 86_400), ("-5", None), ("soon", None),
        ("", None), (None, None), ("1.5", None), ("٣", None),
        ("Mon, 04 May 99999999999 14:00:00 GMT", None), ("Mon, 04 May 2026 14:00:00 +9999999999", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_as_a_date(value, seconds):
    read = read_retry_after(value, now=NOW)
    assert read == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("status", "code"), [(200, "delivered"), (204, "delivered"), (302, "http_302"), (410, "http_410")]
)
def test_only_2xx_is_taken(status, code):
    assert of_answer(status, retry_after=None, body=b"", now=NOW).code == code


def test_an_endpoint_rests_longer_and_longer_but_never_long():
    rests = [rest_until(FAILED, failures=failures, now=NOW) for failures in (1, 2, 3, 4, 5, 30)]
    assert rests[:2] == [None, None]
    assert [(each - NOW).total_seconds() for each in rests[2:]] == [5, 10, 20, 300]


def test_what_looks_like_a_secret_is_not_kept():
    kept = outcomes.excerpt(b'{"got": "v1,abc=", "auth": "Bearer xyz", "key": "whsec_c2U="}')
    assert kept == '{"got": "v1,(withheld)", "auth": "Bearer (withheld)", "key": "whsec_(withheld)"}'
