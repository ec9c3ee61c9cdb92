"""What a revocation obliges the portal to do on the other side, within 24 hours (§11.5): owed, done, and recorded."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from devices import access
from devices.commands import restoring
from enrollments.models import Consent, Enrollment, RevocationDuty
from partners.webhooks.outbox import tellings
from texture_portal import jobs
from texture_portal.actors import Actor, Role
from texture_portal.refusals import Refusal

WITHIN = timedelta(hours=24)  # §11.5 (5)
GIVEN_BACK_WITHIN = timedelta(minutes=5)
LEASE = timedelta(seconds=90)  # longer than one call of an OEM's cloud
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
BATCH = 20

Kind, Outcome = RevocationDuty.Kind, RevocationDuty.Outcome

GIVEN_UP = {
    access.GivenUp.ENDED: Outcome.GIVEN_UP,
    access.GivenUp.NOT_TOLD: Outcome.NOT_TOLD,
    access.GivenUp.WITHDRAWN: Outcome.WITHDRAWN,
}


def owe(enrollment: Enrollment, *, revoked_at: datetime, now: datetime, by: Actor) -> None:
    """In the transaction of the revocation: the partner must learn of it, and OAuth access must be given up."""
    kinds = [Kind.PARTNER_TOLD]
    if enrollment.consents.filter(path=Consent.Path.OAUTH).exists():
        kinds.append(Kind.ACCESS_GIVEN_UP)
    for kind in kinds:
        RevocationDuty.objects.create(
            enrollment=enrollment,
            kind=kind,
            revoked_at=revoked_at,
            by_partner=by.role == Role.PARTNER,
            opened_at=now,
            due_at=now + WITHIN,
            attempt_at=now,
        )
    jobs.wake("revocations")


def carry_out(*, now: datetime) -> int:
    """Tries one batch of what is owed, that which is due first before all others; returns how many it tried."""
    claimed = islice(iter(lambda: _claim_next(now=now), None), BATCH)
    return jobs.one_by_one(claimed, lambda duty: _try(duty, now=now), named=lambda duty: f"revocation duty {duty.pk}")


@transaction.atomic
def retry(duty: RevocationDuty, *, now: datetime) -> None:
    """At once, at the word of staff."""
    duty = RevocationDuty.objects.select_for_update().get(pk=duty.pk)
    if duty.settled_at is not None:
        raise Refusal("state_conflict", "This is settled already.")
    duty.attempt_at = now
    duty.save(update_fields=["attempt_at"])
    jobs.wake("revocations")


@transaction.atomic
def _claim_next(*, now: datetime) -> RevocationDuty | None:
    due = RevocationDuty.objects.filter(attempt_at__lte=now).select_related("enrollment__device").order_by("due_at")
    for duty in jobs.claim(due, limit=1):
        duty.attempts += 1
        duty.attempt_at = now + max(LEASE, _pause(duty.attempts))
        duty.save(update_fields=["attempts", "attempt_at"])
        return duty
    return None


def _try(duty: RevocationDuty, *, now: datetime) -> None:
    """That nobody holds access is the row's trouble, which its page shows; anything else is the job's too."""
    try:
        CARRY_OUT[Kind(duty.kind)](duty, now)
    except access.NoAccessError as fault:
        _note_fault(duty, fault)
    except Exception as fault:
        _note_fault(duty, fault)
        raise


def _look_for_acknowledgement(duty: RevocationDuty, now: datetime) -> None:
    """The first 2xx to the webhook. A partner that takes none knows what it reported itself."""
    told = [each for each in tellings(duty.enrollment_id, type="consent.revoked") if each.told_at == duty.opened_at]
    acknowledged_at = min((each.acknowledged_at for each in told if each.acknowledged_at), default=None)
    if acknowledged_at is not None:
        _settle(duty, Outcome.ACKNOWLEDGED, at=acknowledged_at)
    elif duty.by_partner and all(each.outcome == "nobody" for each in told):
        _settle(duty, Outcome.REPORTED_BY_PARTNER, at=duty.opened_at)
    else:
        duty.last_fault = told[0].outcome if told else "not told"
        duty.save(update_fields=["last_fault"])


def _give_up_access(duty: RevocationDuty, now: datetime) -> None:
    """Not before the device is given back to its owner, where it can be: that goes by the same access."""
    device = duty.enrollment.device
    if now - duty.opened_at < GIVEN_BACK_WITHIN and restoring.are_under_way(device, now=now):
        duty.last_fault, duty.attempt_at = "the device is being restored", now + GIVEN_BACK_WITHIN / 10
        duty.save(update_fields=["last_fault", "attempt_at"])
        return
    _settle(duty, GIVEN_UP[access.give_up(duty.enrollment.device)], at=now)


CARRY_OUT: dict[str, Callable[[RevocationDuty, datetime], None]] = {
    Kind.PARTNER_TOLD: _look_for_acknowledgement,
    Kind.ACCESS_GIVEN_UP: _give_up_access,
}


def _settle(duty: RevocationDuty, outcome: str, *, at: datetime) -> None:
    duty.outcome, duty.settled_at, duty.attempt_at, duty.last_fault = outcome, at, None, ""
    duty.save(update_fields=["outcome", "settled_at", "attempt_at", "last_fault"])


def _note_fault(duty: RevocationDuty, fault: Exception) -> None:
    """The kind of fault only: a cloud's words may hold what is personal."""
    duty.last_fault = f"{type(fault).__module__}.{type(fault).__qualname__}"[:255]
    duty.save(update_fields=["last_fault"])


def _pause(attempts: int) -> timedelta:
    doubled: timedelta = FIRST_PAUSE * 2 ** min(attempts - 1, 10)
    return min(doubled, LONGEST_PAUSE)
