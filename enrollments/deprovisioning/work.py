"""The job behind an end: a batch of those in it at a time, each whole; killed, it goes on where it stood."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from devices.connections import ending
from devices.models import Connection
from enrollments import lifecycle
from enrollments.deprovisioning import handing_over
from enrollments.deprovisioning.preview import reached
from enrollments.models import Deprovisioning, Enrollment
from enrollments.states import State
from partners.models import Customer
from programs.models import Program
from texture_portal import jobs
from texture_portal.actors import system

BATCH = 50
BY = system("deprovisioning")
Choice = Deprovisioning.Choice


def work_off(*, now: datetime) -> int:
    """One batch of the oldest; 0 once there is nothing left to do now."""
    for asked in Deprovisioning.objects.filter(finished_at=None).order_by("asked_at"):
        if done := _batch(asked, now=now):
            return done
        _finish(asked, now=now)
    return 0


def _batch(asked: Deprovisioning, *, now: datetime) -> int:
    if asked.program is not None:
        return 0  # who takes part leaves by the job that weighs programs (`enrollments.waiting`)
    if asked.choice == Choice.HAND_OVER:
        return _hand_over(asked, now=now)
    return _revoke(asked, now=now) or _end_grants(asked, now=now)


def _revoke(asked: Deprovisioning, *, now: datetime) -> int:
    rows = list(reached(asked.subject).order_by("pk")[:BATCH])
    return jobs.one_by_one(rows, lambda row: _revoke_one(asked, row, now=now), named=lambda row: f"enrollment {row.pk}")


@transaction.atomic
def _revoke_one(asked: Deprovisioning, row: Enrollment, *, now: datetime) -> None:
    held = Enrollment.objects.locked().get(pk=row.pk)
    if held.state != State.REVOKED:
        reason = "partner_ended" if asked.partner_id else "portfolio_ended"
        lifecycle.revoke(held, reason=reason, now=now, by=BY, why=asked.reason)
        Deprovisioning.objects.filter(pk=asked.pk).update(revoked=F("revoked") + 1)


def _hand_over(asked: Deprovisioning, *, now: datetime) -> int:
    """Customer by customer; then what is left of the old partner's grants."""
    if asked.partner is None or asked.successor is None:
        raise ValueError(f"deprovisioning {asked.pk} hands nobody over")
    theirs = Enrollment.objects.open().filter(partner=asked.partner).order_by("customer")
    customers = list(Customer.objects.filter(pk__in=theirs.values("customer")).order_by("pk")[:BATCH])
    done = jobs.one_by_one(
        customers, lambda row: _hand_over_one(asked, row, now=now), named=lambda row: f"customer {row.pk}"
    )
    return done or _end_grants(asked, now=now)


@transaction.atomic
def _hand_over_one(asked: Deprovisioning, customer: Customer, *, now: datetime) -> None:
    if asked.successor is None:
        raise ValueError(f"deprovisioning {asked.pk} hands nobody over")
    moved, ended = handing_over.hand_over(customer, asked.successor, reason=asked.reason, now=now, by=BY)
    Deprovisioning.objects.filter(pk=asked.pk).update(
        handed_over=F("handed_over") + moved, revoked=F("revoked") + ended
    )


def _end_grants(asked: Deprovisioning, *, now: datetime) -> int:
    """At an ended partner's clouds: fleets' and programs', too. A portfolio's are given up by its own job."""
    if asked.partner is None:
        return 0
    held = Connection.objects.filter(cloud__partner=asked.partner).exclude(status=Connection.Status.REVOKED)
    return jobs.one_by_one(
        list(held.order_by("pk")[:BATCH]),
        lambda row: ending.revoke(row, reason="partner_ended", now=now, by=BY),
        named=lambda row: f"connection {row.pk}",
    )


@transaction.atomic
def _finish(asked: Deprovisioning, *, now: datetime) -> None:
    held = Deprovisioning.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    subject = held.subject
    if isinstance(subject, Program) and reached(subject).exists():
        return  # not all have left yet
    if held.finished_at is None:
        held.finished_at = now
        held.save(update_fields=["finished_at"])
