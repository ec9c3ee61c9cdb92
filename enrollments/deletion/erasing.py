"""A person erased: every trace in one transaction with the certificate that says so. Killed before its end, it is as if
it had not begun, and is done again.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from devices.commands import cancelling
from devices.commands.states import UNFINISHED
from devices.connections import ending
from devices.models import Command, Connection
from devices.telemetry import forgetting
from enrollments import erased_devices, ledger
from enrollments.deletion import answers, asking, certificate
from enrollments.deletion.person import Person, person
from enrollments.deletion.references import keep_reference
from enrollments.deletion.traces import ANSWERS, SEARCHES, TRACES
from enrollments.models import DeletionRequest, Enrollment, RevocationDuty
from enrollments.tenure import Tenure
from texture_portal.actors import Actor, system
from texture_portal.holding import hold

BY = system("deletion")
ERASED = "personal_data_erased"  # in the audit chain
READINGS = "readings"
Outcome = RevocationDuty.Outcome


def let_go(request: DeletionRequest, *, now: datetime, by: Actor = BY) -> None:
    """Of whom is waited for no longer: what opens their clouds is destroyed, and what was owed is noted as not done.

    Each of it is safe to do twice.
    """
    theirs = Command.objects.filter(device__customer=request.customer_id, status__in=UNFINISHED)
    cancelling.cancel(theirs, reason="data_deleted", now=now, by=by)
    for connection in Connection.objects.filter(customer=request.customer_id, ended_at=None):
        end(connection, now=now, by=by)
        ending.abandon(connection, now=now, by=by)
    open_ones = RevocationDuty.objects.filter(enrollment__customer=request.customer_id, settled_at=None)
    open_ones.update(outcome=Outcome.UNREACHED, settled_at=now, attempt_at=None, last_fault="")


def end(connection: Connection, *, now: datetime, by: Actor = BY) -> None:
    """The cloud is told; safe to do twice."""
    if connection.status != Connection.Status.REVOKED:
        ending.revoke(connection, reason=asking.REASON, now=now, by=by)


def erase(request: DeletionRequest, *, now: datetime) -> DeletionRequest:
    """Call it outside any transaction; readings and answers, which are many, go before the rest.

    Not done where the time is up before they are gone, and the next attempt goes on with them; nor where the person
    enrolled anew just now: that ends first, and whom it concerns is told of it.
    """
    if request.telemetry == DeletionRequest.Telemetry.ERASE:
        _delete_readings(request)
    if not answers.forget_older(request, now=now):
        return request
    return _erase(request, now=now)


@transaction.atomic
def _erase(request: DeletionRequest, *, now: datetime) -> DeletionRequest:
    held = asking.hold(request)
    if not held.is_open:
        return held
    found = person(held.customer)
    hold(found.names)
    if Enrollment.objects.open().filter(customer=held.customer).exists():
        return held
    found = person(held.customer)  # as they are, now that nobody else can add to them
    if not answers.are_searched_for(held, found):
        return held
    found = replace(found, answers_searched_to=held.answers_searched_to)
    keep_reference(held, *found.known_as[0])
    held.customer.erase(now=now)  # first: the triggers ask whether it is so
    held.customer.save()
    counts = _clear(found)
    counts[READINGS] += held.readings_deleted
    counts[ANSWERS] += held.answers_forgotten
    for theirs, devices in found.devices_by_tenure.items():
        forgetting.detach(devices, since=theirs.since, until=theirs.until)
    erased_devices.remember(
        held, [(partner, name) for partner in found.partners for name in found.device_names], now=now
    )
    enrollments = list(Enrollment.objects.locked().filter(pk__in=found.enrollments).order_by("pk"))
    for enrollment in enrollments:
        ledger.note(enrollment, enrollment, reason=ERASED, now=now, by=BY)
        enrollment.save()
    held.done_at, held.attempt_at, held.waits_for, held.answers_searched_for = now, None, "", ""
    held.facts_kept_until = now + timedelta(days=round(settings.CONSENT_FACTS_KEPT_YEARS * 365.25))
    held.certificate = certificate.make(held, enrollments=enrollments, counts=counts)
    held.save()
    return held


def _clear(found: Person) -> Counter[str]:
    """Documents first: they are looked through for names that are gone then."""
    counts: Counter[str] = Counter()
    for search in SEARCHES:
        counts[search.said] += search.clear(found)
    for trace in TRACES:
        counts[trace.said] += trace.clear(found)
    return counts


def _delete_readings(request: DeletionRequest) -> None:
    """Of their own time with each device: it may have been another's before, or be by now."""
    for theirs, devices in person(request.customer).devices_by_tenure.items():
        _delete_and_count(request, devices, theirs)


@transaction.atomic
def _delete_and_count(request: DeletionRequest, devices: Collection[UUID], theirs: Tenure) -> None:
    """What is gone is counted, whatever becomes of the rest: the certificate says how many."""
    count = forgetting.delete(devices, since=theirs.since, until=theirs.until)
    DeletionRequest.objects.filter(pk=request.pk).update(readings_deleted=F("readings_deleted") + count)
