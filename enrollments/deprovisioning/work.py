"""The job behind an end: a batch of those in it at a time, each whole; killed, it goes on where it stood."""

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from django.db import OperationalError, transaction
from django.db.models import F, Model, QuerySet

from devices.commands import cancelling
from devices.commands.states import UNFINISHED
from devices.connections import ending
from devices.models import Command, Connection
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
COMMANDS_AT_ONCE = 500
PARTNER_ENDED = "partner_ended"
Row = TypeVar("Row", bound=Model)
BY = system("deprovisioning")
Choice = Deprovisioning.Choice


def work_off(*, now: datetime) -> int:
    """A batch of each, the oldest first; 0 once there is nothing left to do now. One that fails stops no other."""
    counts: list[int] = []
    endings = Deprovisioning.objects.filter(finished_at=None).order_by("asked_at")
    jobs.one_by_one(
        endings, lambda asked: counts.append(_go_on(asked, now=now)), named=lambda asked: f"deprovisioning {asked.pk}"
    )
    return sum(counts)


def _go_on(asked: Deprovisioning, *, now: datetime) -> int:
    done = _batch(asked, now=now)
    if not done:
        _finish(asked, now=now)
    return done


def _batch(asked: Deprovisioning, *, now: datetime) -> int:
    if asked.program is not None:
        return 0  # who takes part leaves by the job that weighs programs (`enrollments.waiting`)
    steps = (_call_off, _hand_over if asked.choice == Choice.HAND_OVER else _revoke, _end_grants)
    faults: list[Exception] = []
    for step in steps:
        try:
            if (done := step(asked, now=now)) and not faults:
                return done
        except OperationalError:  # the database's fault, and not this step's
            raise
        except Exception as fault:
            faults.append(fault)  # consents and grants wait for nothing that cannot be worked off
    if faults:
        raise ExceptionGroup("not all of it can be ended", faults)
    return 0


def _call_off(asked: Deprovisioning, *, now: datetime) -> int:
    """Of an ended partner's devices, first of all: what gives them back need not wait for the enrollments' turns."""
    if asked.partner is None:
        return 0
    theirs = Command.objects.filter(partner=asked.partner, status__in=UNFINISHED, restores=None)
    theirs = theirs.order_by("device_id")  # of which the unfinished have an index: not past all that ever finished
    return len(cancelling.cancel(theirs[:COMMANDS_AT_ONCE], reason=PARTNER_ENDED, now=now, by=BY))


def _in_turn(rows: "QuerySet[Row]") -> Iterator[Row]:
    """By their ids, a page at a time: past those that failed, which stay where they are."""
    page = list(rows.order_by("pk")[:BATCH])
    while page:
        yield from page
        page = list(rows.filter(pk__gt=page[-1].pk).order_by("pk")[:BATCH])


def _revoke(asked: Deprovisioning, *, now: datetime) -> int:
    return jobs.one_by_one(
        _in_turn(reached(asked.subject)),
        lambda row: _revoke_one(asked, row, now=now),
        named=lambda row: f"enrollment {row.pk}",
    )


@transaction.atomic
def _revoke_one(asked: Deprovisioning, row: Enrollment, *, now: datetime) -> None:
    held = Enrollment.objects.locked().get(pk=row.pk)
    if held.state != State.REVOKED:
        reason = PARTNER_ENDED if asked.partner_id else "portfolio_ended"
        lifecycle.revoke(held, reason=reason, now=now, by=BY, why=asked.reason)
        Deprovisioning.objects.filter(pk=asked.pk).update(revoked=F("revoked") + 1)


def _hand_over(asked: Deprovisioning, *, now: datetime) -> int:
    """Customer by customer."""
    if asked.partner is None or asked.successor is None:
        raise ValueError(f"deprovisioning {asked.pk} hands nobody over")
    theirs = Enrollment.objects.open().filter(partner=asked.partner).order_by("customer")
    return jobs.one_by_one(
        _in_turn(Customer.objects.filter(pk__in=theirs.values("customer"))),
        lambda row: _hand_over_one(asked, row, now=now),
        named=lambda row: f"customer {row.pk}",
    )


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
        _in_turn(held),
        lambda row: ending.revoke(row, reason=PARTNER_ENDED, now=now, by=BY),
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
