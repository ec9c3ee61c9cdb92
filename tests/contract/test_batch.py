"""`POST /v1/enrollments/batch`: each item stands or falls alone (§3)."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from partners.models import RefusedRequest

from . import grid
from .client import Client
from .payloads import ago, consent, enrollment, without
from .problems import check_problem

PATH = "/v1/enrollments/batch"


def item(body: dict[str, Any] | None = None, request_id: str | None = None) -> dict[str, Any]:
    return {"requestId": request_id or f"r-{uuid.uuid4()}", **(body or enrollment())}


def results(oem: Client, *items: Any) -> list[dict[str, Any]]:
    answer = oem.post(PATH, {"enrollments": list(items)})
    assert answer.status == 200, answer.body
    assert set(answer.json) == {"results"}
    got = list(answer.json["results"])
    assert [one["requestId"] for one in got] == [one["requestId"] for one in items]
    for one in got:
        assert set(one) == {"requestId", "status", "enrollment" if one["status"] < 300 else "problem"}
        if one["status"] >= 300:
            check_problem(one["problem"], status=one["status"])
    return got


def codes(got: list[dict[str, Any]]) -> list[Any]:
    return [one["status"] if one["status"] < 300 else one["problem"]["code"] for one in got]


def test_items_are_enrolled_in_order(lone_oem: Client) -> None:
    items = [item(), item(enrollment(grid.PARTIAL)), item(enrollment(grid.AMBIGUOUS))]
    got = results(lone_oem, *items)
    assert codes(got) == [201, 201, 202]
    assert [one["enrollment"]["state"] for one in got] == ["enrolled", "discovered", "pending_verification"]
    for one, sent in zip(got, items, strict=True):
        shown = one["enrollment"]
        assert shown["device"]["manufacturerDeviceId"] == sent["device"]["manufacturerDeviceId"]
        assert lone_oem.get(f"/v1/enrollments/{shown['id']}").json == shown


def test_a_bad_item_hurts_no_other(lone_oem: Client) -> None:
    bad = [
        item(without(enrollment(), "/device/model")),
        item(enrollment(consent=consent(grantedAt=ago(days=91)))),
        item(enrollment(grid.OUTSIDE)),
        item(enrollment(grid.NO_SUCH_ZIP)),
        item(enrollment(typo=1)),
    ]
    twice = enrollment()
    got = results(lone_oem, item(), bad[0], item(twice), *bad[1:], item(twice), item())
    assert codes(got) == [
        201, "validation_failed", 201, "consent_stale", "territory_unsupported", "location_invalid",
        "validation_failed", "enrollment_exists", 201,
    ]  # fmt: skip
    assert got[1]["problem"]["errors"][0]["pointer"].endswith("/device/model")
    assert got[7]["problem"]["enrollmentId"] == got[2]["enrollment"]["id"]
    assert len(lone_oem.enrollments()) == 3


def test_an_item_of_another_maker_falls_alone(new_partner: Callable[..., Client]) -> None:
    acme = new_partner("--manufacturer", "Acme Energy")
    other = enrollment()
    other["device"]["manufacturer"] = "Other Works"
    assert codes(results(acme, item(), item(other), item())) == [201, "manufacturer_not_allowed", 201]


@pytest.mark.parametrize("wrong", [None, 7, "text", []])
def test_an_item_that_is_no_object_is_refused(oem: Client, wrong: Any) -> None:
    answer = oem.post(PATH, {"enrollments": [wrong]})
    if answer.status == 200:
        assert [one["status"] for one in answer.json["results"]] == [400]
    else:
        assert (answer.status, answer.code) == (400, "validation_failed")


@pytest.mark.parametrize("request_id", [None, 7, "", "x" * 256, "nul\0", ["r"]])
def test_an_item_without_a_good_request_id_is_refused(lone_oem: Client, request_id: Any) -> None:
    answer = lone_oem.post(PATH, {"enrollments": [{**enrollment(), "requestId": request_id}]})
    problem = answer.json["results"][0]["problem"] if answer.status == 200 else answer.json
    assert (problem["status"], problem["code"]) == (400, "validation_failed")
    assert problem["errors"][0]["pointer"].endswith("/requestId")
    assert lone_oem.enrollments() == []


@pytest.mark.parametrize("count", [0, 501])
def test_a_batch_has_1_to_500_items(lone_oem: Client, count: int) -> None:
    answer = lone_oem.post(PATH, {"enrollments": [item() for _ in range(count)]})
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert answer.json["errors"][0]["pointer"] == "/enrollments"
    assert lone_oem.enrollments() == []


def test_a_batch_may_have_500_items(oem: Client) -> None:
    place = enrollment(typo=1)
    assert set(codes(results(oem, *(item(place) for _ in range(500))))) == {"validation_failed"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({}, "/enrollments"), ({"enrollments": {}}, "/enrollments"), ([], ""), ({"enrollments": None}, "/enrollments"),
     ({"enrollments": [], "a/b~c": 1}, "/a~1b~0c")],
)  # fmt: skip
def test_a_batch_of_another_form_is_refused(oem: Client, body: Any, pointer: str) -> None:
    answer = oem.post(PATH, body)
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert pointer in {error["pointer"] for error in answer.json["errors"]}


def test_an_item_sent_again_in_another_batch_gets_its_first_result(lone_oem: Client) -> None:
    first, second = item(), item()
    [made] = results(lone_oem, first)
    again, new = results(lone_oem, first, second)
    assert again == made
    assert new["status"] == 201
    assert len(lone_oem.enrollments()) == 2


def test_a_refusal_of_an_item_is_kept_where_a_requests_would_be(lone_oem: Client) -> None:
    stale = item(enrollment(consent=consent(grantedAt=ago(days=91))))
    assert results(lone_oem, stale) == results(lone_oem, stale)
    corrected = {**stale, "consent": consent()}
    assert codes(results(lone_oem, corrected)) == ["idempotency_key_reused"]
    incomplete = item(without(enrollment(), "/device/model"))
    assert codes(results(lone_oem, incomplete)) == ["validation_failed"]
    incomplete["device"]["model"] = "PowerStack 3"
    assert codes(results(lone_oem, incomplete)) == [201]


def test_a_request_id_with_other_content_is_refused(lone_oem: Client) -> None:
    first = item()
    results(lone_oem, first)
    assert codes(results(lone_oem, item(request_id=first["requestId"]))) == ["idempotency_key_reused"]
    assert len(lone_oem.enrollments()) == 1


def test_a_request_id_twice_in_one_batch_is_done_once(lone_oem: Client) -> None:
    same = item()
    first, second = results(lone_oem, same, same)
    assert first["status"] == 201
    assert second == first
    one = item()
    assert codes(results(lone_oem, one, item(request_id=one["requestId"]))) == [201, "idempotency_key_reused"]
    assert len(lone_oem.enrollments()) == 2


def test_request_ids_are_a_namespace_of_their_own_per_partner(lone_oem: Client, stranger: Client) -> None:
    name = f"n-{uuid.uuid4()}"
    assert lone_oem.enroll(enrollment(), key=name).status == 201
    assert codes(results(lone_oem, item(request_id=name))) == [201]
    assert codes(results(stranger, item(request_id=name))) == [201]


def test_a_whole_batch_is_replayed(lone_oem: Client) -> None:
    body, key = {"enrollments": [item(), item(enrollment(grid.OUTSIDE))]}, f"b-{uuid.uuid4()}"
    first, second = (lone_oem.post(PATH, body, key=key) for _ in range(2))
    assert (first.replayed, second.replayed) == (False, True)
    assert second.body == first.body
    assert len(lone_oem.enrollments()) == 1


def test_a_refused_item_leaves_a_trace_for_staff(lone_oem: Client) -> None:
    body = enrollment(consent=consent(grantedAt=ago(days=91)))
    answer = lone_oem.post(PATH, {"enrollments": [item(), item(body)]})
    trace = RefusedRequest.objects.get(batch_id=answer.headers["X-Request-ID"])
    assert (trace.code, trace.subject) == ("consent_stale", body["device"]["manufacturerDeviceId"])
