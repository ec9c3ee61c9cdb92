"""A line a second on stderr while something long is under way."""

import time
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

Row = TypeVar("Row")


class Stream(Protocol):
    def write(self, text: str, /) -> object: ...


class Progress:
    def __init__(self, stream: Stream, *, every_seconds: float = 1.0) -> None:
        self.stream = stream
        self.every_seconds = every_seconds
        self.said_at = time.monotonic()

    def through(self, rows: Sequence[Row], *, doing: str) -> Iterator[Row]:
        for done, row in enumerate(rows):
            if time.monotonic() - self.said_at >= self.every_seconds:
                self.stream.write(f"{doing}: {done:,} of {len(rows):,}\n")
                self.said_at = time.monotonic()
            yield row
