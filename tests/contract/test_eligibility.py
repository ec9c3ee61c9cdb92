"""`POST /v1/eligibility`: the outcome for an address and a device, and nothing kept (§3)."""

from typing import Any

import pytest

from . import grid
from .client import Client
from .payloads import changed, without
from .problems import pointers

PATH = "/v1/eligibility"


def question(place: dict[str, str] | None = None, *commands: str) -> dict[str, Any]:
    capabilities = {"controllable": True, "telemetry": True, "commands": list(commands)}
    return {"address": place or grid.MATCHED, "device": {"type": "battery", "capabilities": capabilities}}


def ask(oem: Client, body: dict[str, Any]) -> dict[str, Any]:
    answer = oem.post(PATH, body)
    assert answer.status == 200, answer.body
    assert set(answer.json) == {"outcome", "utility", "cca", "candidates", "programs"}
    for program in answer.json["programs"]:
        assert set(program) == {"id", "name", "type", "eligible", "reasons"}
    return dict(answer.json)


def test_a_served_address_names_utility_cca_and_programs(oem: Client, program_ids: dict[str, str]) -> None:
    got = ask(oem, question())
    assert got["outcome"] == "matched"
    assert got["utility"] == {"id": got["utility"]["id"], **grid.UTILITY}
    assert got["cca"] == {"id": got["cca"]["id"], "name": grid.CCA_NAME}
    programs = {program["id"]: program for program in got["programs"]}
    peak = programs[program_ids["Peak Saver"]]
    assert (peak["name"], peak["type"], peak["eligible"], peak["reasons"]) == (
        "Peak Saver",
        "demand_response",
        True,
        [],
    )


def test_a_program_that_does_not_take_the_device_says_why(oem: Client, program_ids: dict[str, str]) -> None:
    [refused] = ask(oem, question(grid.WANTS_SET_POWER))["programs"]
    assert (refused["id"], refused["eligible"]) == (program_ids["High Desert Peak"], False)
    assert refused["reasons"]
    [taken] = ask(oem, question(grid.WANTS_SET_POWER, "battery:set-power"))["programs"]
    assert (taken["eligible"], taken["reasons"]) == (True, [])


@pytest.mark.parametrize(
    ("place", "outcome"),
    [
        (grid.PARTIAL, "partial"),
        (grid.AMBIGUOUS, "ambiguous"),
        (grid.OUTSIDE, "no_match"),
        (grid.NO_SUCH_ZIP, "invalid_location"),
    ],
    ids=["partial", "ambiguous", "no_match", "invalid_location"],
)
def test_every_outcome_is_an_answer(oem: Client, place: dict[str, str], outcome: str) -> None:
    assert ask(oem, question(place))["outcome"] == outcome


def test_an_unreachable_geocoder_defers(oem: Client, settings: Any) -> None:
    settings.GEOCODERS, settings.CENSUS_GEOCODER_URL = ["census"], "http://127.0.0.1:9/geocoder"
    assert ask(oem, question())["outcome"] == "deferred"


def test_an_ambiguous_address_names_its_candidates(oem: Client) -> None:
    got = ask(oem, question(grid.AMBIGUOUS))
    assert {candidate["utility"]["eiaId"] for candidate in got["candidates"]} == {"90002", "90003"}
    assert got["utility"] is None


def test_nothing_is_kept_but_the_answer(lone_oem: Client) -> None:
    first = lone_oem.post(PATH, question(), key="asked")
    second = lone_oem.post(PATH, question(), key="asked")
    assert (second.replayed, second.body) == (True, first.body)
    assert lone_oem.post(PATH, question(grid.PARTIAL), key="asked").code == "idempotency_key_reused"
    assert lone_oem.enrollments() == []


@pytest.mark.parametrize(
    "pointer",
    ["/address", "/address/streetOne", "/address/postalCode", "/device", "/device/type", "/device/capabilities"],
)
def test_what_is_missing_is_named(oem: Client, pointer: str) -> None:
    answer = oem.post(PATH, without(question(), pointer))
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert pointers(answer.json) == {pointer: "required"}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/typo", 1),
        ("/address/typo", 1),
        ("/device/serialNumber", "S1"),
        ("/address/state", "XX"),
        ("/address", []),
        ("/device/type", "toaster"),
        ("/device/capabilities", "all"),
        ("/device/capabilities/controllable", "yes"),
        ("/device/capabilities/commands", "battery:set-reserve"),
        ("/device/capabilities/commands", ["charger:set-operating-mode"]),
    ],
)
def test_what_is_wrong_is_pointed_at(oem: Client, pointer: str, value: Any) -> None:
    answer = oem.post(PATH, changed(question(), pointer, value))
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert all(found.startswith(pointer) for found in pointers(answer.json))
