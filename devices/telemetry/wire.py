"""What is kept, as it goes out (contract §5): JSON made of the JSON that is kept, since histories are long. Pure."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import groupby

import orjson

from devices.telemetry import forms
from texture_portal.clock import to_wire

WHOLE_SECONDS = len("2026-05-01 17:03:00+00")
NOTHING = "{}"


def state_of(fields: tuple[str, ...], written: str | None) -> str:
    """The state that was written in a layout of these fields; none is an empty one.

    A kept value is a number, a flag or a word of the registry: a comma is always between two.
    """
    if written is None or written == "[]":
        return NOTHING
    if "null" in written:
        return orjson.dumps(forms.read(fields, written)).decode()
    values = written[1:-1].split(",")
    return _template(fields[: len(values)]) % tuple(values)


def instant(kept: str) -> str:
    """Of PostgreSQL's text of an instant, in UTC."""
    if len(kept) == WHOLE_SECONDS:
        return f"{kept[:10]}T{kept[11:19]}Z"
    return to_wire(datetime.fromisoformat(kept))


@cache
def _template(names: Sequence[str]) -> str:
    """An object of these, with a place for the value of each. What has the same outer name is an object within."""
    members = []
    for outer, group in groupby(names, key=lambda name: name.partition(".")[0]):
        inner = tuple(name.partition(".")[2] for name in group)
        members.append(f"{_quoted(outer)}:{'%s' if inner == ('',) else _template(inner)}")
    return f"{{{','.join(members)}}}"


def _quoted(name: str) -> str:
    return orjson.dumps(name).decode().replace("%", "%%")
