"""A partner sees its own objects only; anything else is 404, never 403, and looks like what does not exist (§1)."""

import uuid
from typing import Any

import pytest

from .client import Answer, Client
from .payloads import consent, enrollment

ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("GET", "/history", None),
    ("PATCH", "", {"customer": {"utilityAccountNumber": "999"}}),
    ("POST", "/consents", consent()),
]


def _call(partner: Client, method: str, path: str, body: Any) -> Answer:
    return partner.get(path) if method == "GET" else partner.sign_and_send(partner.draft(method, path, body))


def _told(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in answer.json.items() if name not in {"requestId", "instance"}}


@pytest.mark.parametrize(("method", "rest", "body"), ROUTES, ids=[f"{method} {rest}" for method, rest, _ in ROUTES])
def test_another_partners_enrollment_does_not_exist(
    oem: Client, stranger: Client, method: str, rest: str, body: Any
) -> None:
    made = oem.enrolled(enrollment())
    there = _call(stranger, method, f"/v1/enrollments/{made['id']}{rest}", body)
    nowhere = _call(stranger, method, f"/v1/enrollments/{uuid.uuid4()}{rest}", body)
    assert (there.status, there.code) == (404, "not_found")
    assert _told(there) == _told(nowhere)
    assert oem.get(f"/v1/enrollments/{made['id']}").json == made


def test_lists_hold_the_partners_own_only(lone_oem: Client, stranger: Client) -> None:
    theirs, mine = stranger.enrolled(enrollment()), lone_oem.enrolled(enrollment())
    assert [got["id"] for got in lone_oem.enrollments()] == [mine["id"]]
    assert lone_oem.enrollments(deviceId=theirs["device"]["id"]) == []
    assert lone_oem.enrollments(manufacturerDeviceId=theirs["device"]["manufacturerDeviceId"]) == []


def test_another_partners_cursor_shows_nothing_of_theirs(lone_oem: Client, stranger: Client) -> None:
    for _ in range(2):
        stranger.enrolled(enrollment())
    cursor = stranger.get("/v1/enrollments", limit=1).json["nextCursor"]
    answer = lone_oem.get("/v1/enrollments", cursor=cursor)
    assert answer.status == 400 or answer.json["data"] == []


def test_the_same_customer_and_address_at_two_partners_are_two_sites(oem: Client, stranger: Client) -> None:
    one, other = enrollment(), enrollment()
    other["customer"] = one["customer"]
    assert oem.enrolled(one)["site"]["id"] != stranger.enrolled(other)["site"]["id"]
