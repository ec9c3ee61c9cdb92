"""What partners were answered, looked through for the person before the rest: it may be millions of documents, and the
transaction that erases a person is to be short. How far it came stands in the request, so that a death costs a batch.
"""

import hashlib
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from enrollments.deletion import asking
from enrollments.deletion.person import Person, person
from enrollments.models import DeletionRequest
from partners import forgetting
from partners.forgetting import Mention

BATCH = 5_000
SECONDS = 20.0  # at a time: a third of what a task may take
SETTLED = timedelta(minutes=10)  # longer than a transaction lasts: of what is older, none comes in between any more


def forget_older(request: DeletionRequest, *, now: datetime) -> bool:
    """Whether all but those of the last minutes are looked through. Call it outside any transaction."""
    found, ends = person(request.customer), time.monotonic() + SECONDS
    while time.monotonic() < ends:
        if _forget_some(request, found, before=now - SETTLED):
            return True
    return False


def are_searched_for(request: DeletionRequest, found: Person) -> bool:
    """By all that stands for the person: where there is something new, it begins anew."""
    return request.answers_searched_for == _digest(found.mentions)


@transaction.atomic
def _forget_some(request: DeletionRequest, found: Person, *, before: datetime) -> bool:
    held = asking.hold(request)
    if not are_searched_for(held, found):
        held.answers_searched_for, held.answers_searched_to = _digest(found.mentions), 0
    looked_to, gone = forgetting.forget_answers(
        found.partners, mentions=found.mentions, after=held.answers_searched_to, before=before, most=BATCH
    )
    held.answers_forgotten += gone
    held.answers_searched_to = looked_to or held.answers_searched_to
    held.save(update_fields=["answers_forgotten", "answers_searched_to", "answers_searched_for"])
    return looked_to is None


def _digest(mentions: Iterable[Mention]) -> str:
    return hashlib.sha256(repr(sorted(map(repr, mentions))).encode()).hexdigest()
