"""The schema of what partners send refuses what the serializers refuse, and takes what they take."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from partners.wire import WireSerializer
from texture_portal.openapi.calls.call import Call
from texture_portal.openapi.calls.table import CALLS
from texture_portal.openapi.document import document as make_document

from .schema import Document

REMOVED = object()
ID = "0199d0b0-0001-7000-8000-000000000001"
VALUES = [
    REMOVED, None, True, False, 0, -1, 1.5, 91, 1e13, "", " ", "x", "nul\0", "x" * 101, "x" * 256, "x" * 1001, [], [1],
    ["x"], {}, {"typo": 1}, "2026-05-01", "2026-02-30", "2026-05-01T17:03:00Z", "2026-05-01T17:03:00", "94903-1234",
    "battery", "vehicle", "demand_response", ["demand_response"], ["battery:set-reserve"], ["battery:curtail"], ID,
    [ID], "203.0.113.7", "::1", "US", "PR", {"latitude": 1, "longitude": 2}, {"latitude": 91, "longitude": 2},
    {"eiaId": "14328"}, {"ratedPowerW": -1}, ["battery:set-reserve"] * 101, ["demand_response"] * 51, [ID] * 101,
]  # fmt: skip
OF_MANY = {"enrollBatch": ("enrollments", 500), "sendTelemetry": ("readings", 5_000)}  # their items are read apart
BODIES = [call for call in CALLS if call.body is not None and call.name not in OF_MANY]


@pytest.fixture(scope="module")
def written() -> Document:
    return Document.read(json.dumps(make_document("https://portal.example"), default=str).encode())


def places(value: Any, *, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, inner in value.items():
        yield (*before, name)
        if isinstance(inner, dict):
            yield from places(inner, before=(*before, name))


def put(document: Any, place: tuple[str, ...], value: Any) -> Any:
    made = copy.deepcopy(document)
    inner = made
    for name in place[:-1]:
        inner = inner[name]
    if value is REMOVED:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return made


def full(call: Call) -> Any:
    """The example with every optional member there."""
    sent = copy.deepcopy(call.sent)
    if "site" in sent or call.name == "correctEnrollment":
        sent.setdefault("site", {})["coordinates"] = {"latitude": 38.0, "longitude": -122.5}
        sent["site"]["utilityHint"] = {"eiaId": "14328"}
    return sent


def agree(written: Document, serializer: type[WireSerializer], schema: dict[str, Any], value: Any) -> bool:
    _, faults = serializer.read(value, context={})
    return bool(faults) == bool(written.faults(schema, value))


@pytest.mark.parametrize("call", BODIES, ids=lambda call: call.name)
def test_schema_and_serializer_agree_on_every_change_of_every_member(written: Document, call: Call) -> None:
    assert call.body is not None
    schema = written.request_schema(call.method, call.path)
    start = full(call)
    assert not written.faults(schema, start)
    changes = [(place, value) for place in [*places(start), ("typo",)] for value in VALUES]
    split = []
    for place, value in changes:
        if value is REMOVED and place == ("typo",):
            continue
        if not agree(written, call.body, schema, put(start, place, value)):
            split.append((place, value))
    assert split == []
    assert len(changes) > 100


@pytest.mark.parametrize("whole", [None, [], "x", 1, True])
@pytest.mark.parametrize("call", BODIES, ids=lambda call: call.name)
def test_only_an_object_is_a_document(written: Document, call: Call, whole: Any) -> None:
    assert written.faults(written.request_schema(call.method, call.path), whole)


@pytest.mark.parametrize("name", OF_MANY)
def test_what_is_of_many_has_so_many_items_at_most(written: Document, name: str) -> None:
    member, most = OF_MANY[name]
    [call] = [call for call in CALLS if call.name == name]
    schema = written.request_schema(call.method, call.path)
    item = call.sent[member][0]
    refused = [count for count in (0, 1, most, most + 1) if written.faults(schema, {member: [item] * count})]
    assert refused == [0, most + 1]
