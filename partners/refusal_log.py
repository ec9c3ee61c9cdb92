"""The trace that a refused request of a known partner leaves: what was wrong, never what was sent."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from partners import problems
from partners.calls import Call, subject_of
from partners.models import RefusedRequest
from texture_portal.ids import new_id
from texture_portal.refusals import Refusal

KEPT = timedelta(days=400)  # a year can be looked back on: who claimed which device, and what went wrong
BATCH = 1000
MOST_FAULTS = 50
MOST_CHARACTERS = 255


def record_refusal(refusal: Refusal, *, call: Call, path: dict[str, Any]) -> None:
    """`path` are the path's parameters: an object's id is the subject where the body names no device."""
    subject = call.subject() or next((str(value) for value in path.values()), "")
    _record(refusal, call, id=call.request_id, subject=subject)


def record_refused_item(refusal: Refusal, *, call: Call, item: Any) -> None:
    """One item of a batch, which stands or falls alone."""
    _record(refusal, call, id=new_id(), batch_id=call.request_id, subject=subject_of(item))


def purge(*, now: datetime) -> int:
    """A batch of those past their time; 0 where none is left. Ids are in the order of time: the oldest come first."""
    oldest = list(RefusedRequest.objects.order_by("pk").values_list("pk", "at")[:BATCH])
    past = [pk for pk, at in oldest if at < now - KEPT]
    return RefusedRequest.objects.filter(pk__in=past).delete()[0] if past else 0


def _record(refusal: Refusal, call: Call, *, id: UUID, subject: str, batch_id: UUID | None = None) -> None:
    RefusedRequest.objects.create(
        id=id,
        batch_id=batch_id,
        partner=call.partner,
        at=call.now,
        method=call.method,
        path=_bounded(call.message.derived["@path"]),
        status=problems.PROBLEMS[refusal.code].status,
        code=refusal.code,
        faults=[{"pointer": _bounded(fault.pointer), "code": fault.code} for fault in refusal.faults[:MOST_FAULTS]],
        subject=_bounded(subject),
        flag=refusal.flag,
        about=refusal.about,
    )


def _bounded(text: str) -> str:
    """PostgreSQL takes no U+0000 in text."""
    return text.replace("\x00", "\ufffd")[:MOST_CHARACTERS]
