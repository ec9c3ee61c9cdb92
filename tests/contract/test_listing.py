"""`GET /v1/enrollments`: newest first, filters, pages; and an enrollment's history (§1, §3)."""

import datetime
import uuid
from typing import Any

import pytest

from . import grid
from .client import Client
from .payloads import consent, enrollment


def _ids(enrollments: list[dict[str, Any]]) -> list[str]:
    return [got["id"] for got in enrollments]


def _walk(oem: Client, **parameters: Any) -> list[list[str]]:
    """The ids of every page."""
    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while len(pages) < 20:
        answer = oem.get("/v1/enrollments", **parameters, **cursor)
        assert answer.status == 200, answer.body
        assert set(answer.json) == {"data", "nextCursor"}
        pages.append(_ids(answer.json["data"]))
        if answer.json["nextCursor"] is None:
            return pages
        cursor = {"cursor": answer.json["nextCursor"]}
    raise AssertionError("the cursor never ends")


def test_a_partner_without_enrollments_has_an_empty_list(lone_oem: Client) -> None:
    assert lone_oem.get("/v1/enrollments").json == {"data": [], "nextCursor": None}


def test_a_list_shows_each_as_one_reads_it_newest_first(lone_oem: Client) -> None:
    made = [lone_oem.enrolled(enrollment()) for _ in range(3)]
    assert lone_oem.enrollments() == made[::-1]


def test_pages_follow_the_cursor_to_the_end(lone_oem: Client) -> None:
    made = [lone_oem.enrolled(enrollment())["id"] for _ in range(5)][::-1]
    assert _walk(lone_oem, limit=2) == [made[:2], made[2:4], made[4:]]
    assert _walk(lone_oem, limit=5) == [made]
    assert _walk(lone_oem, limit=500) == [made]


def test_one_that_comes_during_a_walk_moves_no_other(lone_oem: Client) -> None:
    made = [lone_oem.enrolled(enrollment())["id"] for _ in range(4)][::-1]
    first = lone_oem.get("/v1/enrollments", limit=2).json
    lone_oem.enrolled(enrollment())
    second = lone_oem.get("/v1/enrollments", limit=2, cursor=first["nextCursor"]).json
    assert _ids(first["data"]) + _ids(second["data"]) == made


def test_filters(lone_oem: Client) -> None:
    enrolled = lone_oem.enrolled(enrollment())
    eligible = lone_oem.enrolled(enrollment(consent={"optedIn": False}))
    waiting = lone_oem.enrolled(enrollment(grid.AMBIGUOUS))
    assert _ids(lone_oem.enrollments(state="eligible")) == [eligible["id"]]
    assert _ids(lone_oem.enrollments(state="pending_verification")) == [waiting["id"]]
    assert lone_oem.enrollments(state="suspended") == []
    device = enrolled["device"]
    assert _ids(lone_oem.enrollments(deviceId=device["id"])) == [enrolled["id"]]
    assert _ids(lone_oem.enrollments(manufacturerDeviceId=device["manufacturerDeviceId"])) == [enrolled["id"]]
    assert lone_oem.enrollments(deviceId=str(uuid.uuid4())) == []
    assert lone_oem.enrollments(manufacturerDeviceId=device["manufacturerDeviceId"], state="eligible") == []


def test_updated_since_gives_the_oldest_change_first(lone_oem: Client) -> None:
    first, second, third = (lone_oem.enrolled(enrollment(consent={"optedIn": False})) for _ in range(3))
    lone_oem.post(f"/v1/enrollments/{first['id']}/consents", consent())
    since = lone_oem.enrollments(updatedSince=second["updatedAt"])
    assert _ids(since) == [second["id"], third["id"], first["id"]]
    assert _walk(lone_oem, updatedSince=second["updatedAt"], limit=1) == [
        [second["id"]],
        [third["id"]],
        [first["id"]],
    ]


def test_updated_since_takes_any_offset(lone_oem: Client) -> None:
    made = lone_oem.enrolled(enrollment())
    east = datetime.timezone(datetime.timedelta(hours=9))
    now = datetime.datetime.now(east)
    before, after = now - datetime.timedelta(minutes=5), now + datetime.timedelta(minutes=5)
    assert _ids(lone_oem.enrollments(updatedSince=before.isoformat())) == [made["id"]]
    assert lone_oem.enrollments(updatedSince=after.isoformat()) == []


BAD_QUERIES = [
    ("limit", "0"), ("limit", "501"), ("limit", "-1"), ("limit", "ten"), ("limit", "1.5"),
    ("limit", "9" * 5000),
    ("cursor", "nonsense"), ("cursor", "!!!!"), ("cursor", "AAAA"), ("cursor", "\0"), ("cursor", "é" * 50),
    ("cursor", "eyJhIjoxfQ=="), ("cursor", "bnVsbA=="),
    ("state", "asleep"), ("state", "\0"),
    ("deviceId", "not-a-uuid"), ("deviceId", "\0"), ("manufacturerDeviceId", "\0"),
    ("updatedSince", "yesterday"), ("updatedSince", "2026-02-30T00:00:00Z"), ("updatedSince", "2026-05-01T17:03:00"),
    ("updatedSince", "2026-05-01"), ("updatedSince", "1777654980"), ("updatedSince", "9999-12-31T23:59:59-14:00"),
    ("updatedSince", "0001-01-01T00:00:00+14:00"), ("updatedSince", "\0"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD_QUERIES, ids=[f"{name}={value[:25]!r}" for name, value in BAD_QUERIES])
def test_a_query_that_makes_no_sense_is_refused(oem: Client, name: str, value: str) -> None:
    answer = oem.get("/v1/enrollments", **{name: value})
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert name in answer.body.decode()


@pytest.mark.parametrize("query", ["%ff=%fe", "limit=%ff", "limit", "&&&", "=", "limit=1&limit=2", "state=%E0%80"])
def test_a_query_that_is_not_even_text_gives_no_server_error(oem: Client, query: str) -> None:
    assert oem.sign_and_send(oem.draft("GET", "/v1/enrollments", query=query)).status in {200, 400}


def test_the_history_tells_every_state_and_consent_oldest_first(oem: Client) -> None:
    made = oem.enrolled(enrollment())
    answer = oem.get(f"/v1/enrollments/{made['id']}/history")
    assert (answer.status, set(answer.json)) == (200, {"data", "nextCursor"})
    rows = answer.json["data"]
    for row in rows:
        assert set(row) == {"at", "kind", "from", "to", "reason", "actor", "source", "termsVersion"}
        assert row["kind"] in {"state", "consent"}
        assert row["actor"] in {"partner", "customer", "staff", "system"}
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    states = [row for row in rows if row["kind"] == "state"]
    assert [row["to"] for row in states][-3:] == ["eligible", "opted_in", "enrolled"]
    assert [row["from"] for row in states][1:] == [row["to"] for row in states][:-1]
    [given] = [row for row in rows if row["kind"] == "consent"]
    assert (given["termsVersion"], given["source"], given["actor"]) == ("2026-01", "device_app", "partner")


def test_the_history_comes_in_pages_too(oem: Client) -> None:
    path = f"/v1/enrollments/{oem.enrolled(enrollment())['id']}/history"
    whole = oem.get(path).json["data"]
    rows, cursor = [], {}
    for _ in whole:
        page = oem.get(path, limit=1, **cursor).json
        rows += page["data"]
        cursor = {"cursor": page["nextCursor"]}
    assert (rows, cursor) == (whole, {"cursor": None})


def test_the_history_keeps_every_consent(oem: Client) -> None:
    made = oem.enrolled(enrollment())
    oem.post(f"/v1/enrollments/{made['id']}/consents", consent(source="web_portal", termsVersion="2026-02"))
    rows = oem.get(f"/v1/enrollments/{made['id']}/history").json["data"]
    given = [(row["termsVersion"], row["source"]) for row in rows if row["kind"] == "consent"]
    assert given == [("2026-01", "device_app"), ("2026-02", "web_portal")]
