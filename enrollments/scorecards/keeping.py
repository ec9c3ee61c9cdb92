"""The job that keeps scorecards: every hour this month's, and last month's until all of it has come in."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from devices.makers import Maker, makers_of
from devices.models import Cloud, Device
from enrollments.models import Score, Scoring
from enrollments.scorecards.counting import of_calls
from enrollments.scorecards.dealings import of_dealings
from enrollments.scorecards.measuring import Measured
from enrollments.scorecards.months import WHOLE, Month, first_of, month_of
from partners.models import Partner
from texture_portal import jobs
from texture_portal.holding import hold

EVERY = timedelta(minutes=50)  # the job comes each hour
STILL_OPEN = timedelta(days=3)  # what was asked at the end of a month is settled by then
MOST_MAKERS = 200  # of one partner, those with the most devices: what a partner calls its makers is its own to write


def keep(*, now: datetime) -> int:
    """As many partners as fit into a batch, whoever was tried longest ago first. 0: all were, within the hour.

    One that fails ends this task, and costs no other its hour: whoever is left has the next.
    """
    _enlist()
    try:
        return jobs.one_by_one(
            _claimed(now), lambda each: compute(each, now=now), named=lambda each: f"scorecard of {each.pk}"
        )
    except ExceptionGroup:
        if _due(now).exists():
            jobs.wake("scorecards")
        raise


def compute(partner: Partner, *, now: datetime) -> None:
    makers = makers_of(partner)[:MOST_MAKERS] if partner.kind == Partner.Kind.TPDO else []
    for first in {first_of(now), first_of(now - STILL_OPEN)}:
        _write(month_of(partner, first, now=now), first, {each.key: each for each in makers if each.key}, now=now)


def _enlist() -> None:
    """A partner with neither a cloud nor a device has nothing to be measured by."""
    has_something = Exists(Cloud.objects.filter(partner=OuterRef("pk"))) | Exists(
        Device.objects.filter(partner=OuterRef("pk"))
    )
    new = Partner.objects.filter(has_something, scoring=None)
    Scoring.objects.bulk_create([Scoring(partner=each) for each in new], ignore_conflicts=True)


def _claimed(now: datetime) -> Iterator[Partner]:
    while claimed := _claim(now):
        yield claimed


@transaction.atomic
def _claim(now: datetime) -> Partner | None:
    oldest = _due(now).select_related("partner").order_by(F("attempted_at").asc(nulls_first=True), "partner_id")
    for row in jobs.claim(oldest, limit=1):
        row.attempted_at = now
        row.save(update_fields=["attempted_at"])
        return row.partner
    return None


def _due(now: datetime) -> QuerySet[Scoring]:
    tried_long_ago = Q(attempted_at=None) | Q(attempted_at__lte=now - EVERY)
    return Scoring.objects.filter(tried_long_ago).exclude(partner__status=Partner.Status.ENDED)


def _write(month: Month, first: date, makers: dict[str, Maker], *, now: datetime) -> None:
    """All of a month at once: nobody sees half of it."""
    calls, dealings = of_calls(month, makers=makers), of_dealings(month, makers=makers)
    rows = [
        _row(month, makers.get(key), first, each, now=now)
        for key in (WHOLE, *makers)
        for each in (*calls[key], *dealings[key])
    ]
    with transaction.atomic():
        hold([f"scores of {month.partner.pk}"])
        Score.objects.filter(partner=month.partner, month=first).delete()
        Score.objects.bulk_create(rows)


def _row(month: Month, maker: Maker | None, first: date, measured: Measured, *, now: datetime) -> Score:
    return Score(
        partner=month.partner, maker=maker.name if maker else "", maker_key=maker.key if maker else WHOLE, month=first,
        measure=measured.measure, value=measured.value, count=measured.count, target=measured.target,
        is_met=measured.is_met, excluded_minutes=month.minutes_excluded, computed_at=now,
    )  # fmt: skip
