"""What a rule says when it refuses: a code of the contract (§7), and each fault with where it is and why.

Rules raise `Refusal`; the partner API renders it as a problem (RFC 9457), the admin as a message.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Fault:
    """`pointer` is an RFC 6901 JSON pointer into the request ("" where the fault is the whole)."""

    pointer: str
    code: str
    detail: str
    suggestions: tuple[str, ...] = ()


@dataclass(eq=False)
class Refusal(Exception):
    """`code` is one of the contract's codes; `more` are members beside the standard ones, as they go on the wire.

    `flag`, where set, asks for the eyes of staff: it stands on the row of the refused request, with `about`, the object
    that it ran into. The caller is told of neither.
    """

    code: str
    detail: str
    faults: tuple[Fault, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)
    flag: str = ""
    about: UUID | None = None

    def __post_init__(self) -> None:
        super().__init__(self.detail)


def refuse(code: str, detail: str, *, pointer: str, suggestions: tuple[str, ...] = ()) -> Refusal:
    """A refusal with a single fault."""
    return Refusal(code, detail, faults=(Fault(pointer, code, detail, suggestions),))
