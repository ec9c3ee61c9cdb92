"""What happened to an enrollment in one transaction, kept on it until its partner is told (`enrollments.notices`)."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class News:
    """`before` is the state that it left, where it left one; `more` are members beside the enrollment's own."""

    type: str
    reason: str
    before: str = ""
    more: dict[str, Any] = field(default_factory=dict)
