"""Taking events in (contract §4): a row first, under the partner's own id, then what it brings about.

Most take effect at once. What cannot (no geocoder is in reach, or a rule of ours failed) waits in its row, and
`enrollments.events.work` does it by its deadline.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import F

from devices.models import Device
from enrollments.duplicates import device_name
from enrollments.events.base import Status
from enrollments.events.documents import Report
from enrollments.events.subjects import enrollment_of
from enrollments.models import Enrollment, PartnerEvent
from partners import documents, evidence
from partners.models import Customer, Partner, SignedRequest
from partners.models.customer import CustomerErasedError
from texture_portal import jobs
from texture_portal.actors import Actor
from texture_portal.ids import new_id
from texture_portal.refusals import Refusal
from texture_portal.traces import trace_of
from texture_portal.writing import insert

Evidence = Callable[[Customer | None], SignedRequest]
log = logging.getLogger(__name__)


def check_known(report: Report, *, partner: Partner) -> None:
    """Raises `Refusal` `not_found` for a device that is not the partner's, unless the event is kept all the same."""
    if report.kind.kept_for_unknown_device:
        return
    theirs = Device.objects.filter(partner=partner, manufacturer_device_id=report.manufacturer_device_id)
    if not theirs.exists():
        raise _unknown_device()


def names(report: Report, *, partner: Partner) -> tuple[str, ...]:
    """What a transaction must hold alone to take this event in."""
    return device_name(partner.pk, report.manufacturer_device_id), f"event|{partner.pk}|{report.id}"


def take(
    report: Report, *, partner: Partner, found: Any, evidence: Evidence, request_id: UUID, now: datetime, by: Actor
) -> tuple[PartnerEvent, bool]:
    """The event with what became of it, and whether it is new: the same again gives the first one.

    Call it in a transaction that holds `names`. `found` is what the kind found outside. Raises `Refusal`:
    `state_conflict` where the id was another event's, `not_found` for a device that nobody enrolled.
    """
    if first := PartnerEvent.objects.filter(partner=partner, event_id=report.id).first():
        _check_same(first, report)
        PartnerEvent.objects.filter(pk=first.pk).update(repeats=F("repeats") + 1)
        return first, False
    enrollment = enrollment_of(
        partner,
        report.manufacturer_device_id,
        fact_at=report.fact_at,
        strikes_grants=report.kind.strikes_grants,
    )
    if enrollment is None and not report.kind.kept_for_unknown_device:
        raise _unknown_device()
    event = _draft(report, partner=partner, enrollment=enrollment, request_id=request_id, now=now)
    event.signed_request = evidence(_customer(enrollment))
    insert([event.signed_request, event])
    if enrollment is not None:
        _try_at_once(event, report, found, now=now, by=by)
    return event, True


def apply(event: PartnerEvent, report: Report, found: Any, *, now: datetime, by: Actor) -> None:
    """Brings it about under the enrollment's lock, and notes on the row what became of it."""
    enrollment = Enrollment.objects.locked().get(events=event)
    by = by.resting_on(event.signed_request.pk, digest=bytes(event.signed_request.digest))
    event.status = report.kind.apply(enrollment, event, report.data, found, now=now, by=by)
    event.enrollment_state = enrollment.state
    if event.status != Status.ACCEPTED:
        event.processed_at, event.attempt_at = now, None
    event.save()


def _try_at_once(event: PartnerEvent, report: Report, found: Any, *, now: datetime, by: Actor) -> None:
    """A fault of ours loses no event: its row stands, and the job that tries it again tells of the fault."""
    try:
        with transaction.atomic():
            apply(event, report, found, now=now, by=by)
    except OperationalError:  # the database's: nothing can be kept, and the partner sends it again
        raise
    except Exception as failure:
        log.error("event %s waits for its job:\n%s", event.pk, trace_of(failure))
        event.refresh_from_db()
    if event.status == Status.ACCEPTED:
        jobs.wake("events")


def _draft(
    report: Report, *, partner: Partner, enrollment: Enrollment | None, request_id: UUID, now: datetime
) -> PartnerEvent:
    return PartnerEvent(
        id=new_id(),
        partner=partner,
        event_id=report.id,
        type=report.kind.name,
        manufacturer_device_id=report.manufacturer_device_id,
        enrollment=enrollment,
        enrollment_state=enrollment.state if enrollment else "",
        occurred_at=report.occurred_at,
        fact_at=report.fact_at,
        request_id=request_id,
        received_at=now,
        due_at=now + report.kind.within if enrollment else None,
        attempt_at=now if enrollment else None,
    )


def _customer(enrollment: Enrollment | None) -> Customer | None:
    """None where nobody's key is there to seal under."""
    if enrollment is None or enrollment.customer.sealed_data_key is None:
        return None
    return enrollment.customer


def _check_same(first: PartnerEvent, report: Report) -> None:
    try:
        sent = documents.parse(evidence.opened(first.signed_request)["body"])
    except CustomerErasedError:
        return  # nobody can tell any more, and the id says that it is the same
    if sent != report.document:
        raise Refusal("state_conflict", "Another event of yours has this id: give each event an id of its own.")


def _unknown_device() -> Refusal:
    return Refusal("not_found", "You have no device of this id.")
