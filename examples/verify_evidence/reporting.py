"""What was found, line by line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


class Fault(Exception):
    """What does not hold, in a sentence that names it."""


@dataclass
class Report:
    lines: list[tuple[str, str]] = field(default_factory=list)

    def ok(self, text: str) -> None:
        self.lines.append(("ok", text))

    def note(self, text: str) -> None:
        self.lines.append(("note", text))

    def fault(self, text: str) -> None:
        self.lines.append(("FAULT", text))

    def check(self, name: str, judge: Callable[..., str], *of: Any) -> None:
        """`judge(*of)` says what holds, or raises."""
        with self.part(name):
            self.ok(f"{name}: {judge(*of)}")

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What is missing or of another form is a fault as well."""
        try:
            yield
        except Fault as fault:
            self.fault(f"{name}: {fault}")
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as malformed:
            self.fault(f"{name}: missing or malformed ({type(malformed).__name__}: {malformed})")

    @property
    def is_clean(self) -> bool:
        return not any(kind == "FAULT" for kind, _ in self.lines)


def need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Fault(otherwise)
