"""What a stream's document says: where the stream is, and what its messages mean. Pure.

Devices and their fields are as in a document of the pull pattern, and are read by the same rules: here an item of a
message is what a call's answer is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from devices.connectors.pull import form, parsing
from devices.connectors.pull.documents import Call, Document
from devices.connectors.pull.faults import DocumentError, Fault

STREAM = "stream"
NOT_HERE = ("state", "history", "each")
_OF_PULL = form.SCHEMA["properties"]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name", "stream", "devices"],
    "additionalProperties": False,
    "properties": {
        **{name: _OF_PULL[name] for name in ("$schema", "name", "about", "authentication", "common", "devices")},
        "stream": {
            "description": 'Where the server-sent events are: {"path": "/v1/stream", "items": "data"}.',
            "type": "object",
            "required": ["path"],
            "additionalProperties": False,
            "properties": {
                "path": {"type": "string", "pattern": "^/", "description": "Behind the cloud's address."},
                "query": form.SCHEMA["$defs"]["call"]["properties"]["query"],
                "headers": form.SCHEMA["$defs"]["call"]["properties"]["headers"],
                "event": {"type": "string", "minLength": 1, "description": "The events that tell states; none: all."},
                "items": {"$ref": "#/$defs/path"},
            },
        },
    },
    "$defs": form.SCHEMA["$defs"],
}
_VALIDATOR = Draft202012Validator(SCHEMA)


@dataclass(frozen=True, slots=True)
class StreamDocument:
    """`event`: the events that tell states; "": all of them."""

    event: str
    document: Document

    @property
    def call(self) -> Call:
        return self.document.calls[STREAM]


def read(raw: Any) -> StreamDocument:
    """Raises `DocumentError` with every fault."""
    if faults := form.faults(raw, validator=_VALIDATOR) or list(_not_here(raw)):
        raise DocumentError(faults)
    stream = {name: value for name, value in raw["stream"].items() if name != "event"}
    devices = [_told_by_stream({**raw.get("common", {}), **each}) for each in raw["devices"]]
    rest = {name: raw[name] for name in ("name", "about", "authentication") if name in raw}
    return StreamDocument(
        raw["stream"].get("event", ""), parsing.parse({**rest, "calls": {STREAM: stream}, "devices": devices})
    )


def parse(raw: Any) -> Document:
    """Raises `DocumentError` with every fault."""
    return read(raw).document


def _told_by_stream(device: dict[str, Any]) -> dict[str, Any]:
    return {**device, "state": {"bulk": {"call": STREAM, "id": device.get("id", "@")}}}


def _not_here(raw: Any) -> Iterator[Fault]:
    places = {"common": raw.get("common", {}), **{f"devices[{n}]": each for n, each in enumerate(raw["devices"])}}
    for at, device in places.items():
        for name in NOT_HERE:
            if name in device:
                yield Fault(f"{at}.{name}", "unknown_member", "A stream's items are states of devices: leave it out.")
