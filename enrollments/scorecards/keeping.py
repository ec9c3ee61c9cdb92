"""The job that keeps scorecards: every hour this month's, and last month's until all of it has come in."""

from datetime import UTC, date, datetime, timedelta

from django.db import transaction

from enrollments.models import Score
from enrollments.scorecards import counting
from enrollments.scorecards.counting import Month
from enrollments.scorecards.measuring import Measured
from partners.models import Partner
from texture_portal import jobs
from texture_portal.holding import hold

EVERY = timedelta(minutes=50)  # the job comes each hour
STILL_OPEN = timedelta(days=3)  # what was asked at the end of a month is settled by then
BATCH = 10


def keep(*, now: datetime) -> int:
    """A batch of partners whose scores are old. 0: all are of this hour."""
    fresh = Score.objects.filter(computed_at__gt=now - EVERY).values("partner")
    waiting = Partner.objects.exclude(status=Partner.Status.ENDED).exclude(pk__in=fresh).order_by("pk")
    stale = [each for each in waiting if _has_something(each)][:BATCH]
    return jobs.one_by_one(stale, lambda each: compute(each, now=now), named=lambda each: f"scorecard of {each.pk}")


def compute(partner: Partner, *, now: datetime) -> None:
    for first in {first_of(now), first_of(now - STILL_OPEN)}:
        month = Month(partner, _midnight(first), min(_midnight(_next(first)), now))
        _write(month, first, now=now)


def first_of(instant: datetime) -> date:
    return instant.astimezone(UTC).date().replace(day=1)


def _write(month: Month, first: date, *, now: datetime) -> None:
    """All of a month at once: nobody sees half of it."""
    excluded = month.minutes_excluded()
    measured = {"": [*counting.of_calls(month), *counting.of_devices(month, maker="")]}
    for maker in _makers(month.partner):
        measured[maker] = [*counting.of_calls_for(month, maker=maker), *counting.of_devices(month, maker=maker)]
    rows = [
        _row(month.partner, maker, first, each, excluded=excluded, now=now)
        for maker, found in measured.items()
        for each in found
    ]
    with transaction.atomic():
        hold([f"scores of {month.partner.pk}"])
        Score.objects.filter(partner=month.partner, month=first).delete()
        Score.objects.bulk_create(rows)


def _row(partner: Partner, maker: str, month: date, measured: Measured, *, excluded: int, now: datetime) -> Score:
    return Score(
        partner=partner, maker=maker, month=month, measure=measured.measure, value=measured.value, count=measured.count,
        target=measured.target, is_met=measured.is_met, excluded_minutes=excluded, computed_at=now,
    )  # fmt: skip


def _makers(partner: Partner) -> list[str]:
    """Of a TPDO, each whose devices it has (§3.3); spelled in capitals or not, one is one."""
    if partner.kind != Partner.Kind.TPDO:
        return []
    spelled = sorted(partner.devices.order_by().values_list("manufacturer", flat=True).distinct())
    return list({each.lower(): each for each in reversed(spelled)}.values())


def _has_something(partner: Partner) -> bool:
    """A partner with neither a cloud nor a device has nothing to be measured by."""
    return partner.clouds.exists() or partner.devices.exists()


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
