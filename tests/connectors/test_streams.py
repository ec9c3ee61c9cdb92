"""Streams of server-sent events, and what their messages tell; and the list of all patterns."""

import importlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils.module_loading import import_string
from hypothesis import given
from hypothesis import strategies as st

import devices.connectors
from devices.connectors import registry
from devices.connectors.pull import shipped
from devices.connectors.pull.faults import DocumentError
from devices.connectors.push import documents, events, messages

AT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
DOCUMENT = shipped.document("simulated", registry.PATTERNS["push"].shipped)
BATTERY = {
    "device_id": "B-1",
    "observed_at": "2026-05-04T11:59:00Z",
    "battery": {"soc_percent": 50, "power_kw": 2.5, "status": "CHARGING"},
    "grid": {"power_kw": -1.2, "status": "IMPORTING"},
}
WRITTEN = [
    events.Event("1.0", "telemetry", '{"data": []}'),
    events.Event("1.1", "telemetry", "two\nlines"),
    events.Event("1.1", "message", "ä"),
]


def test_every_pattern_is_a_folder_with_an_entry_of_its_own():
    here = Path(devices.connectors.__file__).parent
    folders = {each.name for each in here.iterdir() if each.is_dir() and (each / "__init__.py").exists()}
    assert folders == set(registry.PATTERNS)
    for name, pattern in registry.PATTERNS.items():
        assert importlib.import_module(f"devices.connectors.{name}.pattern").PATTERN is pattern
        for document in shipped.names(pattern.shipped) if pattern.shipped else []:
            assert pattern.parse(shipped.document(document, pattern.shipped)).entries
        if pattern.command:
            assert import_string(pattern.wanted)
            importlib.import_module(f"devices.management.commands.{pattern.command}")


@given(
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(1, 40), max_size=30),
)
def test_events_are_the_same_however_the_bytes_come(end, sizes):
    text = (
        ": a comment|retry: 5||id: 1.0|event: telemetry|data: {\"data\": []}||event: telemetry|id:1.1|data: two"
        "|data:lines||:beat||data: ä||event: never ends|data: of it|"
    ).replace("|", end)  # fmt: skip
    raw, parser, found = text.encode(), events.Parser(), []
    for size in [*sizes, len(raw)]:
        found += parser.feed(raw[:size])
        raw = raw[size:]
    found += parser.feed(raw)
    assert found == WRITTEN
    assert parser.last_id == "1.1"


def test_an_event_without_an_end_is_given_up():
    parser = events.Parser()
    assert list(parser.feed(b"x" * events.LONGEST)) == []
    with pytest.raises(events.EventTooLongError):
        list(parser.feed(b"x"))


def read(message, **types):
    document = documents.read(DOCUMENT)
    items, faults = messages.items_in(document, message)
    return list(messages.read(document, items, types=types, received_at=AT)), faults


def test_a_message_is_read_by_the_entry_of_its_devices_type():
    [told], faults = read({"type": "telemetry", "data": [BATTERY]}, **{"B-1": "battery"})
    assert faults == []
    assert told.observed_at == datetime(2026, 5, 4, 11, 59, tzinfo=UTC)
    assert told.state["chargePercentage"] == 50
    assert told.state["chargeRate"] == -2500
    assert told.state["gridPower"] == 1200


def test_what_a_message_does_not_say_is_not_guessed():
    odd = [{**BATTERY, "observed_at": "soon"}, {"no": "id"}, "text", {**BATTERY, "device_id": "stranger"}]
    told, faults = read({"data": odd}, **{"B-1": "battery"})
    assert [(each.device, each.observed_at is None, each.state != {}) for each in told] == [
        ("B-1", True, True),
        ("stranger", False, False),
    ]
    assert faults == []
    assert [fault.code for fault in read({"nothing": 1})[1]] == ["items_missing"]
    [other], _ = read({"data": [BATTERY]}, **{"B-1": "other"})
    assert [fault.code for fault in other.faults] == ["type_missing"]


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"stream": {}}, "stream.path"),
        ({"stream": {"path": "/x", "itemz": "data"}}, "stream.itemz"),
        ({"stream": {"path": "/x", "items": "]["}}, "calls.stream.items"),
        ({"calls": {}}, "calls"),
        ({"common": {"id": "device_id", "history": {"call": "past"}}}, "common.history"),
        ({"devices": [{"type": "battery", "fields": {"chargeRat": "x"}}]}, "devices[0].fields.chargeRat"),
    ],
)
def test_what_is_wrong_with_a_document_is_told_with_its_place(change, at):
    with pytest.raises(DocumentError) as wrong:
        documents.read(json.loads(json.dumps(DOCUMENT)) | change)
    assert at in [fault.at for fault in wrong.value.faults]
