"""Recurring work on enrollments. The rows are the work: each call takes a batch, and says how many rows it did."""

from datetime import datetime, timedelta

from django.db import transaction

from enrollments import ageing, escalation, lifecycle, silence, transfers
from enrollments.evidence import checkpoints
from enrollments.matching import find, record, site_claim
from enrollments.models import Enrollment
from enrollments.waiting import fill_freed_places, settle_programs
from texture_portal.actors import system
from texture_portal.jobs import claim

LEASE = timedelta(seconds=90)  # longer than one geocode with every time-out; a worker that died frees its row then


def retry_deferred_geocodes(*, now: datetime) -> int:
    """Locates one that could not be located when it came; geocoders are asked outside any transaction.

    One at a time: a task's time is up (settings.Q_CLUSTER) long before many slow answers are in.
    """
    claimed = _claim_due(now=now)
    if claimed is None:
        return 0
    _locate_again(claimed, now=now)
    return 1


def advance_waiting(*, now: datetime) -> int:
    """Moves on what waited for a program that has appeared, and out of programs that have ended."""
    by = system("advance")
    return settle_programs(now=now, by=by) or fill_freed_places(now=now, by=by)


def escalate_cases(*, now: datetime) -> int:
    """Flags cases that are about to be late, then tells by e-mail of those that nobody was told of."""
    return escalation.flag(now=now) or escalation.tell(now=now)


def end_undecided_transfers(*, now: datetime) -> int:
    """Ends what changed hands and nobody decided in time (§11.6)."""
    return transfers.end_undecided(now=now, by=system("transfers"))


def follow_connectivity(*, now: datetime) -> int:
    """Suspends whose device is silent for over 72 hours, and moves on whose device reports (§11.6)."""
    by = system("connectivity")
    return silence.suspend_silent(now=now, by=by) or silence.wake_heard(now=now, by=by)


def answer_signs(*, now: datetime) -> int:
    """Begins participation, or takes up again, with the reading that was waited for."""
    return silence.answer_signs(now=now, by=system("connectivity"))


def age_consents(*, now: datetime) -> int:
    """Announces consents that run out by their age, and ends those that have (§11.8)."""
    return ageing.announce(now=now) or ageing.expire(now=now, by=system("consent_age"))


@transaction.atomic
def _claim_due(*, now: datetime) -> Enrollment | None:
    due = Enrollment.objects.filter(geocode_due_at__lte=now).order_by("geocode_due_at").select_related("site")
    for enrollment in claim(due, limit=1):
        enrollment.geocode_due_at = now + LEASE
        enrollment.save(update_fields=["geocode_due_at"])
        return enrollment
    return None


def _locate_again(claimed: Enrollment, *, now: datetime) -> None:
    finding = find(site_claim(claimed), pointer="/site/address")
    by = system("geocoding")
    with transaction.atomic():
        enrollment = Enrollment.objects.locked().get(pk=claimed.pk)
        if enrollment.geocode_due_at != claimed.geocode_due_at:
            return  # settled meanwhile, by a correction or an end
        if finding.outcome == "no_match":
            lifecycle.revoke(enrollment, reason="territory_unsupported", now=now, by=by)
            return
        record(enrollment, finding, now=now)
        lifecycle.advance(enrollment, now=now, by=by)


def sign_checkpoint(*, now: datetime) -> int:
    """Once a day, though asked every hour: a worker that was down has not missed it."""
    signed = checkpoints.sign_if_due(now=now)
    return signed.leaf_count if signed else 0
