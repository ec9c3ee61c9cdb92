"""Fields of an enrollment that are missing, unknown, of a wrong type or out of bounds: 400 with a pointer (§3)."""

from typing import Any

import pytest

from .client import Client
from .payloads import again, changed, enrollment, without
from .problems import pointers

REQUIRED = [
    "/device", "/device/manufacturerDeviceId", "/device/serialNumber", "/device/manufacturer", "/device/model",
    "/device/type", "/device/commissionedOn", "/device/capabilities", "/site", "/site/address",
    "/site/address/streetOne", "/site/address/city", "/site/address/state", "/site/address/postalCode",
    "/site/address/country", "/customer", "/customer/referenceId", "/consent", "/consent/optedIn",
    "/consent/grantedAt", "/consent/source", "/consent/termsVersion", "/consent/programTypes",
]  # fmt: skip
TEXTS = [
    "/device/manufacturerDeviceId", "/device/serialNumber", "/device/manufacturer", "/device/model", "/device/type",
    "/device/commissionedOn", "/site/address/streetOne", "/site/address/streetTwo", "/site/address/city",
    "/site/address/state", "/site/address/postalCode", "/site/address/country", "/customer/referenceId",
    "/customer/utilityAccountNumber", "/consent/grantedAt", "/consent/source", "/consent/termsVersion",
    "/consent/evidence/method", "/consent/evidence/ipAddress", "/consent/evidence/userAgent",
    "/eligibility/installerId", "/eligibility/salesChannel", "/site/utilityHint/eiaId", "/site/utilityHint/name",
]  # fmt: skip
OBJECTS = [
    "/device", "/device/capabilities", "/device/ratings", "/site", "/site/address", "/site/coordinates",
    "/site/utilityHint", "/customer", "/consent", "/consent/evidence", "/eligibility",
]  # fmt: skip
FLAGS = [
    "/device/capabilities/controllable", "/device/capabilities/telemetry", "/consent/optedIn",
    "/eligibility/utilityAccountVerified",
]  # fmt: skip
LISTS = ["/device/capabilities/commands", "/consent/programTypes", "/eligibility/programIds"]
NUMBERS = [
    "/device/ratings/energyCapacityWh", "/device/ratings/maxChargePowerW", "/device/ratings/maxDischargePowerW",
]  # fmt: skip
COORDINATES = ["/site/coordinates/latitude", "/site/coordinates/longitude"]
OPAQUE = ["/device/manufacturerDeviceId", "/customer/referenceId"]


def refuse(oem: Client, body: Any) -> dict[str, str]:
    """The pointers and codes of a refusal for its fields."""
    answer = oem.enroll(body)
    assert (answer.status, answer.code) == (400, "validation_failed"), answer.body
    return pointers(answer.json)


def point_at(oem: Client, pointer: str, value: Any) -> str:
    """The code of the one fault found at or under `pointer` when it is set to `value`."""
    body = changed(enrollment(), "/site/coordinates", {"latitude": 38.0, "longitude": -122.6})
    found = refuse(oem, changed(body, pointer, value))
    assert all(where == pointer or where.startswith(f"{pointer}/") for where in found), found
    return next(iter(found.values()))


@pytest.mark.parametrize("pointer", REQUIRED)
def test_what_is_missing_is_named(oem: Client, pointer: str) -> None:
    assert refuse(oem, without(enrollment(), pointer)) == {pointer: "required"}


@pytest.mark.parametrize("parent", ["", *OBJECTS])
def test_an_unknown_field_is_refused(oem: Client, parent: str) -> None:
    filled = {"/site/coordinates": {"latitude": 38.0, "longitude": -122.6}, "/site/utilityHint": {"eiaId": "90001"}}
    body = changed(enrollment(), parent, filled[parent]) if parent in filled else enrollment()
    assert refuse(oem, changed(body, f"{parent}/grantedat", 1)) == {f"{parent}/grantedat": "unknown_field"}


def test_a_pointer_is_escaped_as_rfc_6901_has_it(oem: Client) -> None:
    body = enrollment()
    body["device"] |= {"a/b~c": 1, "": 2, "ключ": 3}
    assert set(refuse(oem, body)) == {"/device/a~1b~0c", "/device/", "/device/ключ"}


@pytest.mark.parametrize("pointer", TEXTS)
def test_a_text_is_a_string_without_nul(oem: Client, pointer: str) -> None:
    for value in (7, 1.5, True, [], ["x"], {}, {"x": 1}):
        point_at(oem, pointer, value)
    assert point_at(oem, pointer, "a\0b") == "invalid"


@pytest.mark.parametrize("pointer", OBJECTS)
def test_an_object_is_an_object(oem: Client, pointer: str) -> None:
    for value in (7, "text", True, [], [{}]):
        point_at(oem, pointer, value)


@pytest.mark.parametrize("pointer", FLAGS)
def test_a_flag_is_true_or_false(oem: Client, pointer: str) -> None:
    for value in ("true", "yes", 1, 0, 1.0, [], {}):
        point_at(oem, pointer, value)


@pytest.mark.parametrize("pointer", LISTS)
def test_a_list_is_a_list_of_known_texts(oem: Client, pointer: str) -> None:
    for value in (7, "demand_response", True, {}, [7], [None], [[]], [{}], ["nonsense"], ["\0"], [""]):
        point_at(oem, pointer, value)


@pytest.mark.parametrize("pointer", NUMBERS)
def test_a_rating_is_a_positive_number(oem: Client, pointer: str) -> None:
    for value in ("13500", True, [], {}, -1):
        point_at(oem, pointer, value)


@pytest.mark.parametrize("pointer", COORDINATES)
def test_a_coordinate_is_a_number_on_the_earth(oem: Client, pointer: str) -> None:
    for value in ("38.0", True, [], {}, None):
        point_at(oem, pointer, value)
    for value in (-181, 181, 1e300):
        assert point_at(oem, pointer, value) == "out_of_range"


@pytest.mark.parametrize("pointer", REQUIRED)
def test_what_is_required_is_not_null(oem: Client, pointer: str) -> None:
    point_at(oem, pointer, None)


@pytest.mark.parametrize("pointer", OPAQUE)
def test_a_partners_identifier_has_1_to_255_characters(oem: Client, pointer: str) -> None:
    point_at(oem, pointer, "")
    point_at(oem, pointer, "x" * 256)
    body = enrollment()
    unique = body["device"]["serialNumber"]
    assert oem.enroll(changed(body, pointer, unique + "\u00e9" * (255 - len(unique)))).status == 201


@pytest.mark.parametrize("pointer", TEXTS)
def test_a_text_of_a_hundred_thousand_characters_gives_no_server_error(oem: Client, pointer: str) -> None:
    answer = oem.enroll(changed(enrollment(), pointer, "x" * 100_000))
    assert answer.status in {201, 400, 422}
    if answer.status == 400:
        assert set(pointers(answer.json)) == {pointer}


VALUES: list[tuple[str, Any]] = [
    ("/device/type", "toaster"),
    ("/device/type", "Battery"),
    ("/device/capabilities/commands", ["charger:set-operating-mode"]),
    ("/device/capabilities/commands", ["battery:no-such-command"]),
    ("/consent/source", "carrier_pigeon"),
    ("/consent/programTypes", ["demand_response", "unknown"]),
    ("/site/address/state", "XX"),
    ("/site/address/state", "California"),
    ("/site/address/country", "CA"),
    ("/site/address/country", "Mexico"),
    ("/eligibility/programIds", ["01990000-0000-7000-8000-000000000000"]),
    ("/eligibility/programIds", ["not-a-uuid"]),
]


@pytest.mark.parametrize(("pointer", "value"), VALUES)
def test_a_value_that_nobody_knows_is_invalid(oem: Client, pointer: str, value: Any) -> None:
    assert point_at(oem, pointer, value) == "invalid"


STATES = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK "
    "OR PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI FM MH PW"
)


def test_every_usps_state_is_known(oem: Client) -> None:
    body = changed(enrollment(), "/site/address/postalCode", "00000")
    answers = [oem.enroll(changed(again(body), "/site/address/state", state)).code for state in STATES.split()]
    assert set(answers) == {"location_invalid"}


BAD_DATES = [
    "2026-02-30",
    "2026-13-01",
    "01/05/2026",
    "2026-05-01T00:00:00Z",
    "20260501",
    "2026-W18-5",
    "0000-01-01",
    "",
]
BAD_TIMES = [
    "2026-05-01", "2026-05-01T17:03:00", "2026-02-30T00:00:00Z", "2026-05-01T25:00:00Z", "2026-05-01T17:03:00+25:00",
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "0000-01-01T00:00:00Z", "now", "1777654980", "",
    "2026-05-01T17:03:00Z\n", "2026-05-01T17:03:0\u0660Z",
]  # fmt: skip


@pytest.mark.parametrize("value", BAD_DATES)
def test_a_date_is_a_day_of_the_calendar(oem: Client, value: str) -> None:
    point_at(oem, "/device/commissionedOn", value)


@pytest.mark.parametrize("value", BAD_TIMES)
def test_a_time_is_rfc_3339_with_an_offset(oem: Client, value: str) -> None:
    if value.startswith(("9999", "0001")):  # well-formed, so it may be refused for its time instead
        answer = oem.enroll(changed(enrollment(), "/consent/grantedAt", value))
        assert answer.status in {400, 422}
        assert "/consent/grantedAt" in pointers(answer.json)
    else:
        point_at(oem, "/consent/grantedAt", value)


def test_every_fault_is_told_at_once(oem: Client) -> None:
    body = without(without(enrollment(), "/device/serialNumber"), "/consent/source")
    body = changed(body, "/device/type", "toaster")
    body = changed(body, "/site/address/state", "XX")
    body = changed(body, "/consent/optedIn", "yes")
    body = changed(body, "/typo", 1)
    body = changed(body, "/device/commissionedOn", "2026-02-30")
    body = changed(body, "/eligibility/programIds", ["nonsense"])
    found = refuse(oem, body)
    assert {"/device/serialNumber", "/device/type", "/site/address/state", "/consent/optedIn", "/typo"} <= set(found)
    assert {"/device/commissionedOn"} <= set(found)
    assert any(where.startswith("/eligibility/programIds") for where in found)
    assert (found["/device/serialNumber"], found["/typo"]) == ("required", "unknown_field")


def test_an_empty_object_names_every_member_it_must_have(oem: Client) -> None:
    assert refuse(oem, {}) == dict.fromkeys(("/device", "/site", "/customer", "/consent"), "required")
