"""Answers as bytes: JSON of what handlers return, problems of what rules refuse."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import DisallowedHost
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from partners import problems
from texture_portal import clock
from texture_portal.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers; `body` is JSON-able, with UUIDs, dates and aware datetimes as they are.

    Where it is bytes, it is JSON already: of lists that are long.
    """

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    unwritten: tuple[Model, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer in the bytes that go out; `refusal` is what it says no with, and `replayed` that it was kept.

    `unwritten` are rows that it tells of and that are yet to be written, by one statement with the record of it.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    refusal: Refusal | None = None
    replayed: bool = False
    unwritten: tuple[Model, ...] = ()


def to_json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()


def store(answer: Answer) -> StoredAnswer:
    headers = {"Content-Type": "application/json", **answer.headers}
    body = answer.body if isinstance(answer.body, bytes) else to_json(answer.body)
    return StoredAnswer(answer.status, headers, body, unwritten=answer.unwritten)


def store_refusal(refusal: Refusal, *, base: str, request_id: UUID) -> StoredAnswer:
    document = problems.document(refusal, base=base, request_id=request_id)
    return StoredAnswer(document["status"], problems.headers(refusal), to_json(document), refusal)


def response(answer: StoredAnswer) -> HttpResponse:
    made = HttpResponse(answer.body, status=answer.status, headers=answer.headers)
    if answer.replayed:
        made["Idempotent-Replayed"] = "true"
    return made


def problem_response(refusal: Refusal, request: HttpRequest) -> HttpResponse:
    return response(store_refusal(refusal, base=origin(request), request_id=request.request_id))  # type: ignore[attr-defined]


def origin(request: HttpRequest) -> str:
    """`https://portal.example`; empty where the Host header is not one of ours, so that nothing points there."""
    try:
        return f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return ""


def _plain(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return clock.to_wire(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form on the wire")
