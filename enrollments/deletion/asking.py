"""A deletion request: opened by the person or for them, refused, or begun. All consents end with the asking."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from enrollments import lifecycle
from enrollments.linking import sessions
from enrollments.models import DeletionRequest, Enrollment, LinkSession
from enrollments.states import State
from partners.models import Customer
from texture_portal import jobs
from texture_portal.actors import Actor, Role
from texture_portal.refusals import Refusal

ENDED = (State.OPTED_OUT, State.REVOKED)
REASON = "data_deleted"  # of the state, as partners read it
SOURCES = {Role.CUSTOMER: "oauth"}  # of the revocation
JOB = "deletions"
Via, Telemetry = DeletionRequest.Via, DeletionRequest.Telemetry


@transaction.atomic
def ask(
    customers: Iterable[Customer], *, via: str, now: datetime, by: Actor, asked_at: datetime | None = None
) -> list[DeletionRequest]:
    """One for each, the open one where there is one. Everything they agreed to ends at once, by every path.

    `asked_at`: when they wrote, where that was earlier; the time that the law gives runs from then.
    """
    return [_ask(each, via=via, asked_at=asked_at or now, now=now, by=by) for each in customers]


@transaction.atomic
def end_consents(customers: Iterable[Customer], *, now: datetime, by: Actor) -> int:
    """Whatever they agreed to until now; the makers' clouds and the partners are told. How many ended."""
    rows = _open(Enrollment.objects.filter(customer__in=list(customers))).exclude(state__in=ENDED)
    enrollments = list(rows)
    for enrollment in enrollments:
        source = SOURCES.get(by.role, by.role.value)
        lifecycle.revoke_consent(enrollment, revoked_at=now, source=source, now=now, by=by)
    return len(enrollments)


@transaction.atomic
def refuse(request: DeletionRequest, *, why: str, now: datetime, by: Actor) -> DeletionRequest:
    """Closed, and nothing is deleted; what ended stays ended. Raises `Refusal` once it is being carried out."""
    held = hold(request)
    if not held.is_open or held.has_begun:
        raise Refusal("state_conflict", "It is closed already, or being carried out.")
    held.refused_at, held.refused_by, held.refusal = now, named(by), DeletionRequest.Refusal(why)
    held.save()
    return held


@transaction.atomic
def begin(request: DeletionRequest, *, telemetry: str, now: datetime, by: Actor) -> DeletionRequest:
    """There is no way back: enrollments end for good, and a worker deletes once the others have been told."""
    held = hold(request)
    if not held.is_open or held.has_begun:
        raise Refusal("state_conflict", "It is closed already, or being carried out.")
    held.begun_at, held.begun_by, held.telemetry = now, named(by), Telemetry(telemetry)
    held.attempt_at, held.waits_for = now, "what_is_under_way"
    held.save()
    end_enrollments(held.customer, now=now, by=by)
    jobs.wake(JOB)
    return held


@transaction.atomic
def end_enrollments(customer: Customer, *, now: datetime, by: Actor) -> None:
    """For good, with their consents and open visits. Again for who enrolls anew before the deletion is done."""
    end_consents([customer], now=now, by=by)
    for enrollment in _open(Enrollment.objects.filter(customer=customer)):
        lifecycle.revoke(enrollment, reason=REASON, now=now, by=by)
    for session in LinkSession.objects.filter(closed_at=None, enrollment__customer=customer):
        sessions.leave(session, now=now)


@transaction.atomic
def wait_no_more(request: DeletionRequest, *, now: datetime, by: Actor) -> DeletionRequest:
    """Staff say so: who has not answered until now is left out, and the certificate says that."""
    held = hold(request)
    if not held.is_open or not held.has_begun:
        raise Refusal("state_conflict", "It is not being carried out.")
    held.waits_no_more_at, held.attempt_at = now, now
    held.save()
    jobs.wake(JOB)
    return held


def hold(request: DeletionRequest) -> DeletionRequest:
    return (
        DeletionRequest.objects.select_for_update(of=("self",)).select_related("customer__partner").get(pk=request.pk)
    )


def named(by: Actor) -> str:
    return f"{by.role} {by.name}"[:255]


def _ask(customer: Customer, *, via: str, asked_at: datetime, now: datetime, by: Actor) -> DeletionRequest:
    held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if held.erased_at is not None:
        raise Refusal("state_conflict", "What was known of this customer is deleted already.")
    if asked_at > now:
        raise Refusal("validation_failed", "Nobody can have asked in the future.")
    end_consents([held], now=now, by=by)
    known = held.deletion_requests.filter(done_at=None, refused_at=None).first()
    return known or DeletionRequest.objects.create(
        customer=held,
        via=via,
        asked_at=asked_at,
        opened_by=named(by),
        due_at=asked_at + timedelta(days=settings.DELETED_WITHIN_DAYS),
    )


def _open(rows: "QuerySet[Enrollment]") -> "QuerySet[Enrollment]":
    """Held, in one order for everybody."""
    ids = list(rows.exclude(state=State.REVOKED).order_by("pk").values_list("pk", flat=True))
    return Enrollment.objects.locked().filter(pk__in=ids).order_by("pk")
