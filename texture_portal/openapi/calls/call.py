"""One call of the partner API: what it takes, what it answers, which refusals it can give."""

from dataclasses import dataclass, field
from typing import Any

from partners.door import KEYED
from partners.views import PartnerView
from partners.wire import WireSerializer
from texture_portal.openapi.problems import (
    OF_EVERY_CALL,
    OF_KEYED_CALLS,
    OF_SIGNED_CALLS,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """`shape` names a schema of `shapes.SHAPES`."""

    about: str
    shape: str
    example: Any
    names_place: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """`codes` are those that this call can give beside those of every call; `path` is as OpenAPI writes it."""

    name: str
    method: str
    path: str
    view: type[PartnerView]
    summary: str
    about: str
    answers: dict[int, Answer]
    group: str = "Enrollments"
    body: type[WireSerializer] | None = None
    sent: Any = None
    query: type[WireSerializer] | None = None
    codes: tuple[str, ...] = field(default=())

    @property
    def scope(self) -> str:
        return self.view.scopes[self.method]

    @property
    def is_signed(self) -> bool:
        return self.method != "GET"

    @property
    def is_keyed(self) -> bool:
        return self.method in KEYED

    @property
    def all_codes(self) -> tuple[str, ...]:
        signed = OF_SIGNED_CALLS if self.is_signed else ()
        return (*OF_EVERY_CALL, *signed, *(OF_KEYED_CALLS if self.is_keyed else ()), *self.codes)
