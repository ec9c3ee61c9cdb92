"""The job behind deletion requests: each goes on until it is done, whatever dies on the way."""

from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction

from devices.models import Connection
from enrollments.deletion import asking, erasing, waiting
from enrollments.models import DeletionRequest, RevocationDuty
from texture_portal import jobs

LEASE = timedelta(minutes=2)  # longer than a task may take; a worker that died frees its row then
PAUSE = timedelta(minutes=1)
BATCH = 20


def work_off(*, now: datetime) -> int:
    """One batch; how many it tried. Those that nobody began in time begin by themselves."""
    try:
        _begin_what_presses(now=now)
    finally:  # one that cannot begin keeps no other from its end
        claimed = islice(iter(lambda: _claim_next(now=now), None), BATCH)
        count = jobs.one_by_one(claimed, lambda row: carry_on(row, now=now), named=_named)
    return count


def carry_on(request: DeletionRequest, *, now: datetime) -> None:
    """As far as it goes now. Call it outside any transaction; safe to do twice."""
    asking.end_enrollments(request.customer, now=now, by=erasing.BY)
    _end_connections(request, now=now)
    waited_for = waiting.waits_for(request, now=now)
    if waited_for:
        _wait(request, waited_for, now=now)
    else:
        erasing.let_go(request, now=now)
        if erasing.erase(request, now=now).is_open:
            _wait(request, "", now=now)


def _begin_what_presses(*, now: datetime) -> None:
    """Who asked by their own log-in needs nobody's leave; a letter is looked at by somebody first."""
    pressing = DeletionRequest.objects.filter(
        via=DeletionRequest.Via.ACCOUNT,
        begun_at=None,
        done_at=None,
        refused_at=None,
        due_at__lte=now + timedelta(days=settings.DELETION_BEGINS_DAYS_BEFORE_DUE),
    )
    jobs.one_by_one(
        pressing.order_by("due_at"),
        lambda row: _begin(row, now=now),
        named=_named,
    )


def _begin(request: DeletionRequest, *, now: datetime) -> None:
    asking.begin(request, telemetry=request.telemetry, now=now, by=erasing.BY)


def _named(request: DeletionRequest) -> str:
    return f"deletion request {request.pk}"


def _end_connections(request: DeletionRequest, *, now: datetime) -> None:
    """Not before the devices are given back by them, where that is owed (`enrollments.duties`)."""
    owed = RevocationDuty.objects.filter(
        enrollment__customer=request.customer_id, kind=RevocationDuty.Kind.ACCESS_GIVEN_UP, settled_at=None
    )
    if not owed.exists():
        for connection in Connection.objects.filter(customer=request.customer_id, ended_at=None):
            erasing.end(connection, now=now)


@transaction.atomic
def _claim_next(*, now: datetime) -> DeletionRequest | None:
    due = DeletionRequest.objects.filter(attempt_at__lte=now).order_by("due_at").select_related("customer__partner")
    for request in jobs.claim(due, limit=1):
        request.attempts, request.attempt_at = request.attempts + 1, now + LEASE
        request.save(update_fields=["attempts", "attempt_at"])
        return request
    return None


def _wait(request: DeletionRequest, code: str, *, now: datetime) -> None:
    request.waits_for, request.attempt_at = code, now + PAUSE
    request.save(update_fields=["waits_for", "attempt_at"])
