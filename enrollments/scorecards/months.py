"""A month of a partner, as far as it has come, and what of it was planned maintenance (§7.1)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from enrollments.scorecards import measuring
from enrollments.scorecards.measuring import Span
from partners.models import Maintenance, Partner

WHOLE = ""  # all makers together, where scores are by maker


@dataclass(frozen=True, slots=True)
class Month:
    """Half-open, in UTC. `planned`: announced in time."""

    partner: Partner
    start: datetime
    end: datetime
    planned: tuple[Span, ...]

    @property
    def is_of_makers(self) -> bool:
        return self.partner.kind == Partner.Kind.TPDO

    @property
    def minutes_excluded(self) -> int:
        return round(sum((ends - starts).total_seconds() for starts, ends in self.planned) / 60)


def month_of(partner: Partner, first: date, *, now: datetime) -> Month:
    start, end = _midnight(first), min(_midnight(_next(first)), now)
    planned = Maintenance.objects.in_time().filter(partner=partner, starts_at__lt=end, ends_at__gt=start)
    spans = measuring.joined((max(each.starts_at, start), min(each.ends_at, end)) for each in planned)
    return Month(partner, start, end, tuple(spans))


def first_of(instant: datetime) -> date:
    return instant.astimezone(UTC).date().replace(day=1)


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
