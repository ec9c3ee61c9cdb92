"""What partners were answered, looked through for the person before the rest: it may be millions of documents, and the
transaction that erases a person is to be short. How far it came stands in the request, so that a death costs a batch.
"""

import hashlib
import time
from datetime import datetime, timedelta

from django.db import transaction

from enrollments.deletion import asking
from enrollments.deletion.person import Person, person
from enrollments.models import DeletionRequest
from partners import forgetting

WORDS_AT_ONCE = 50_000  # looked for in one transaction: so many answers times so many words
SECONDS = 10.0  # at a time: a task has sixty, and may have others' before it
A_MOMENT = 3.0  # what may come before the erasure in one attempt
SETTLED = timedelta(minutes=10)  # longer than a transaction lasts


def forget_older(request: DeletionRequest, *, now: datetime) -> bool:
    """Whether all but those of the last minutes are looked through, so that the rest can follow. Where that took more
    than a moment, the rest is for another attempt. Call it outside any transaction.
    """
    found, began = person(request.customer), time.monotonic()
    below = forgetting.first_answer_since(now - SETTLED)
    while time.monotonic() - began < SECONDS:
        if _forget_some(request, found, below=below):
            return time.monotonic() - began < A_MOMENT
    return False


def are_searched_for(request: DeletionRequest, found: Person) -> bool:
    """By all that stood for the person then: where there is something new, it begins anew."""
    return request.answers_searched_for == _digest(found)


@transaction.atomic
def _forget_some(request: DeletionRequest, found: Person, *, below: int | None) -> bool:
    held = asking.hold(request)
    if not are_searched_for(held, found):
        held.answers_searched_for, held.answers_searched_to = _digest(found), 0
    most = max(1, WORDS_AT_ONCE // max(1, len(found.mentions)))
    looked_to, gone = forgetting.forget_answers(
        found.partners, mentions=found.mentions, after=held.answers_searched_to, below=below, most=most
    )
    held.answers_forgotten += gone
    held.answers_searched_to = looked_to or held.answers_searched_to
    held.save(update_fields=["answers_forgotten", "answers_searched_to", "answers_searched_for"])
    return looked_to is None


def _digest(found: Person) -> str:
    """Without what came later than every answer that it could stand in: refusals and reports, which go on coming."""
    ids = sorted(map(str, (*found.partners, *found.enrollments, *found.link_sessions)))
    return hashlib.sha256(repr((ids, sorted(map(repr, found.held)))).encode()).hexdigest()
