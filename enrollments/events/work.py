"""Events that wait, worked off by their deadlines. The row is the job: whoever dies over it frees it by its lease."""

from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from enrollments.duplicates import device_name
from enrollments.events import inbox
from enrollments.events.base import Status
from enrollments.events.documents import EventDocument, Report, report_of
from enrollments.models import PartnerEvent
from partners import documents, evidence
from texture_portal import actors
from texture_portal.holding import hold
from texture_portal.jobs import claim, one_by_one

LEASE = timedelta(seconds=90)  # longer than one geocode with every time-out
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=10)
BATCH = 20


def process_waiting(*, now: datetime) -> int:
    """Tries one batch of what waits, by deadline, and says how many it tried."""
    claimed = islice(iter(lambda: _claim_next(now=now), None), BATCH)
    return one_by_one(claimed, lambda event: _process(event, now=now), named=lambda event: f"event {event.pk}")


def report_again(event: PartnerEvent) -> Report:
    """What the event said, read from the request that brought it."""
    document = documents.parse(evidence.opened(event.signed_request)["body"])
    read, faults = EventDocument.read(document, context={})
    if faults:
        raise ValueError(f"event {event.pk} was taken, and now it has faults")
    return report_of(read, document=document)


@transaction.atomic
def _claim_next(*, now: datetime) -> PartnerEvent | None:
    for event in claim(PartnerEvent.objects.to_process(now=now), limit=1):
        event.attempts += 1
        event.attempt_at = now + max(LEASE, _pause(event.attempts))
        event.save(update_fields=["attempts", "attempt_at"])
        return event
    return None


def _process(claimed: PartnerEvent, *, now: datetime) -> None:
    report = report_again(claimed)
    found = report.kind.look(report.data)
    by = actors.partner(claimed.partner_id, request_id=claimed.request_id)
    with transaction.atomic():
        hold([device_name(claimed.partner_id, claimed.manufacturer_device_id)])
        event = PartnerEvent.objects.select_for_update().get(pk=claimed.pk)
        if event.status == Status.ACCEPTED and event.attempt_at == claimed.attempt_at:
            inbox.apply(event, report, found, now=now, by=by)
            if event.status == Status.ACCEPTED:
                event.attempt_at = now + _pause(event.attempts)
                event.save(update_fields=["attempt_at"])


def _pause(attempts: int) -> timedelta:
    doubled: timedelta = FIRST_PAUSE * 2 ** min(attempts, 10)
    return min(doubled, LONGEST_PAUSE)
