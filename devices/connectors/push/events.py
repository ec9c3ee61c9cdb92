"""Server-sent events, out of the bytes of a stream as they come (WHATWG HTML, 9.2). Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST = 4 * 1024 * 1024
LINE_END = re.compile(rb"\r\n|\n|\r")


class EventTooLongError(Exception):
    """An event that does not end is no event."""


@dataclass(frozen=True, slots=True)
class Event:
    """`id` is the last that the stream gave, by which it is resumed: this event's, or an earlier one's."""

    id: str
    name: str
    data: str


@dataclass(slots=True)
class Parser:
    last_id: str = ""
    _rest: bytes = b""
    _name: str = ""
    _data: list[str] = field(default_factory=list)

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that end in this piece. Raises `EventTooLongError`."""
        lines = LINE_END.split(self._rest + piece)
        self._rest = lines.pop()
        if piece.endswith(b"\r") and not self._rest:  # the other half of its line end may be yet to come
            self._rest = lines.pop() + b"\r"
        for line in lines:
            if line:
                self._take(line.decode("utf-8", "replace"))
            elif event := self._dispatch():
                yield event
        if len(self._rest) + sum(map(len, self._data)) > LONGEST:
            raise EventTooLongError

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
            case "event":
                self._name = value
            case "id" if "\x00" not in value:
                self.last_id = value

    def _dispatch(self) -> Event | None:
        name, data = self._name, self._data
        self._name, self._data = "", []
        return Event(self.last_id, name or "message", "\n".join(data)) if data else None
