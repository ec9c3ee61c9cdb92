"""Maintenance is announced before it begins, and may be called off until it is over (§7.1)."""

from datetime import datetime, timedelta

from django.db import transaction

from partners.models import Maintenance, Partner
from texture_portal.actors import Actor
from texture_portal.clock import MOST_AHEAD
from texture_portal.holding import hold
from texture_portal.refusals import Fault, Refusal

LONGEST = timedelta(days=7)
MOST_COMING = 50  # of one partner, or of the portal


@transaction.atomic
def announce(
    partner: Partner | None, *, what: str, starts_at: datetime, ends_at: datetime, now: datetime, by: Actor
) -> Maintenance:
    """Less than 48 hours ahead it is shown, and counts as an outage. Raises `Refusal` for the past, and far ahead."""
    if starts_at <= now:
        raise _beyond("Maintenance is announced before it begins.", pointer="/startsAt")
    if starts_at - now > MOST_AHEAD:
        raise _beyond("Maintenance is announced two years ahead at most.", pointer="/startsAt")
    if not timedelta() < ends_at - starts_at <= LONGEST:
        raise _beyond(f"It ends after it began, and lasts {LONGEST.days} days at most.", pointer="/endsAt")
    hold([f"maintenance of {partner.pk if partner else 'the portal'}"])
    if Maintenance.objects.present_and_coming(now=now).filter(partner=partner).count() >= MOST_COMING:
        raise Refusal(
            "state_conflict", f"{MOST_COMING} are announced already: call one off, or wait until one is over."
        )
    return Maintenance.objects.create(
        partner=partner, what=what, starts_at=starts_at, ends_at=ends_at, announced_at=now,
        announced_by=f"{by.role} {by.name}",
    )  # fmt: skip


@transaction.atomic
def cancel(maintenance: Maintenance, *, now: datetime, by: Actor) -> Maintenance:
    held = Maintenance.objects.select_for_update(of=("self",)).select_related("partner").get(pk=maintenance.pk)
    if held.cancelled_at is not None or held.ends_at <= now:
        raise Refusal("state_conflict", "It is called off already, or over.")
    held.cancelled_at, held.cancelled_by = now, f"{by.role} {by.name}"
    held.save(update_fields=["cancelled_at", "cancelled_by"])
    return held


def _beyond(said: str, *, pointer: str) -> Refusal:
    return Refusal("validation_failed", said, (Fault(pointer, "out_of_range", said),))
