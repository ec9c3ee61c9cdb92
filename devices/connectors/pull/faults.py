"""What is wrong with a document, or with an answer read by one: where, what, and what to do about it. Pure."""

from dataclasses import dataclass
from typing import Any

LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Fault:
    """`at` leads through the document, as in `devices[0].fields.chargeRate`. `code` is short and holds no value."""

    at: str
    code: str
    detail: str

    def __str__(self) -> str:
        return f"{self.at}: {self.detail}"


class DocumentError(ValueError):
    """Every fault of a document, in its order."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


def shown(value: Any) -> str:
    """A value of an answer, for the person who writes the document; never for a log."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
