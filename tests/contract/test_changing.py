"""`PATCH /v1/enrollments/{id}`: a merge patch that supplies what a review asked for (§3)."""

from typing import Any

import pytest

from . import grid
from .client import Client
from .payloads import changed, enrollment, without
from .problems import pointers

MERGE_PATCH, JSON = "application/merge-patch+json", "application/json"


def _path(oem: Client, body: dict[str, Any]) -> str:
    return f"/v1/enrollments/{oem.enrolled(body)['id']}"


@pytest.mark.parametrize("content_type", [MERGE_PATCH, JSON])
def test_a_better_address_settles_the_review(oem: Client, content_type: str) -> None:
    path = _path(oem, enrollment(grid.AMBIGUOUS))
    answer = oem.patch(path, {"site": {"address": grid.MATCHED}}, content_type=content_type)
    assert answer.status == 200
    got = answer.json
    assert (got["state"], got["match"]["outcome"], got["review"]) == ("enrolled", "matched", None)
    assert got["site"]["utility"]["eiaId"] == "90001"
    assert oem.get(path).json == got


def test_an_address_where_no_program_is_changes_the_match(oem: Client) -> None:
    path = _path(oem, enrollment(grid.AMBIGUOUS))
    got = oem.patch(path, {"site": {"address": grid.PARTIAL}}).json
    assert (got["state"], got["match"]["outcome"]) == ("discovered", "partial")


def test_an_account_number_is_taken(oem: Client) -> None:
    path = _path(oem, without(enrollment(), "/customer/utilityAccountNumber"))
    answer = oem.patch(path, {"customer": {"utilityAccountNumber": "5512345679"}})
    assert (answer.status, answer.json["state"]) == (200, "enrolled")


def test_an_account_number_may_be_taken_away(oem: Client) -> None:
    assert oem.patch(_path(oem, enrollment()), {"customer": {"utilityAccountNumber": None}}).status == 200


def test_program_ids_are_narrowed_later_too(oem: Client, program_ids: dict[str, str]) -> None:
    path = _path(oem, enrollment(consent={"optedIn": False}))
    answer = oem.patch(path, {"eligibility": {"programIds": [program_ids["Shared Storage"]]}})
    assert (answer.status, answer.json["state"]) == (200, "eligible")


def test_the_partners_word_on_the_account_opens_a_case(oem: Client) -> None:
    path = _path(oem, enrollment(grid.WANTS_VERIFIED_ACCOUNT))
    assert oem.get(path).json["review"] is None
    got = oem.patch(path, {"eligibility": {"utilityAccountVerified": True}}).json
    assert (got["state"], got["review"]["reason"]) == ("pending_verification", "verification")


def test_an_empty_patch_changes_nothing(oem: Client) -> None:
    path = _path(oem, enrollment())
    before = oem.get(path).json
    answer = oem.patch(path, {})
    assert (answer.status, answer.json["state"]) == (200, before["state"])
    assert answer.json["site"] == before["site"]


@pytest.mark.parametrize(
    ("place", "code"),
    [(grid.OUTSIDE, "territory_unsupported"), (grid.NO_SUCH_ZIP, "location_invalid")],
    ids=["outside", "no such ZIP"],
)
@pytest.mark.parametrize("start", [grid.MATCHED, grid.AMBIGUOUS], ids=["matched", "ambiguous"])
def test_an_address_that_does_not_match_changes_nothing(
    oem: Client, start: dict[str, str], place: dict[str, str], code: str
) -> None:
    path = _path(oem, enrollment(start))
    before, history = oem.get(path).json, oem.get(f"{path}/history").json
    patch = {"site": {"address": place}, "customer": {"utilityAccountNumber": "777"}}
    answer = oem.patch(path, patch)
    assert (answer.status, answer.code) == (422, code)
    assert oem.get(path).json == before
    assert oem.get(f"{path}/history").json == history


@pytest.mark.parametrize("member", ["streetOne", "city", "state", "postalCode", "country"])
def test_an_address_is_given_whole(oem: Client, member: str) -> None:
    path = _path(oem, enrollment())
    answer = oem.patch(path, {"site": {"address": without(dict(grid.MATCHED), f"/{member}")}})
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert pointers(answer.json) == {f"/site/address/{member}": "required"}


@pytest.mark.parametrize("gone", ["/site", "/site/address", "/customer"])
def test_what_is_required_cannot_be_taken_away(oem: Client, gone: str) -> None:
    path = _path(oem, enrollment())
    answer = oem.patch(path, changed({}, gone, None))
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert gone in pointers(answer.json)


@pytest.mark.parametrize(
    "pointer",
    ["/device", "/consent", "/state", "/id", "/site/utility", "/customer/referenceId", "/eligibility/typo"],
)
def test_nothing_else_can_be_changed(oem: Client, pointer: str) -> None:
    path = _path(oem, enrollment())
    answer = oem.patch(path, changed({}, pointer, "x"))
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert pointers(answer.json) == {pointer: "unknown_field"}


@pytest.mark.parametrize("body", [[], "text", 7, None, True])
def test_a_patch_is_an_object(oem: Client, body: Any) -> None:
    answer = oem.patch(_path(oem, enrollment()), body)
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert set(pointers(answer.json)) == {""}


def test_all_faults_of_a_patch_are_told_at_once(oem: Client) -> None:
    patch = {
        "typo": 1,
        "site": {"address": {**grid.MATCHED, "state": "XX"}, "coordinates": {"latitude": 91, "longitude": 0}},
        "customer": {"utilityAccountNumber": 7},
    }
    assert set(pointers(oem.patch(_path(oem, enrollment()), patch).json)) == {
        "/typo",
        "/site/address/state",
        "/site/coordinates/latitude",
        "/customer/utilityAccountNumber",
    }


def test_a_patch_is_replayed(oem: Client) -> None:
    path = _path(oem, enrollment())
    first = oem.patch(path, {"customer": {"utilityAccountNumber": "1"}}, key=path)
    second = oem.patch(path, {"customer": {"utilityAccountNumber": "1"}}, key=path)
    assert (first.replayed, second.replayed) == (False, True)
    assert second.body == first.body
