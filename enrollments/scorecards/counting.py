"""What is counted of one partner's month: its clouds' calls, its commands, its events, its revocations."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet

from devices.commands.states import NOT_ACKNOWLEDGED, OUTCOME_UNKNOWN, REJECTED_THERE, Status
from devices.models import Command
from devices.polling.call_log import AGES, FRESH_CLASSES, LATENCIES, NO_ONE
from enrollments.models import PartnerEvent, RevocationDuty
from enrollments.scorecards import measuring
from enrollments.scorecards.measuring import Measured, Span
from partners.models import Maintenance, Partner

LAST_CLASS = len(LATENCIES) + 1
SHOWN = f"""
SELECT bucket.category, bucket.outcome, sum(bucket.count),
       ARRAY[{", ".join(f"sum(bucket.latencies[{place}])" for place in range(1, LAST_CLASS + 1))}],
       ARRAY[{", ".join(f"sum(bucket.ages[{place}])" for place in range(1, len(AGES) + 2))}]
"""
COUNTED = """
 WHERE cloud.partner_id = %(partner)s AND bucket.minute >= %(start)s AND bucket.minute < %(end)s
   AND NOT EXISTS (
       SELECT FROM unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) planned (starts_at, ends_at)
        WHERE bucket.minute >= date_trunc('minute', planned.starts_at) AND bucket.minute < planned.ends_at
   )
 GROUP BY 1, 2
"""
CALLS = f"{SHOWN} FROM devices_callbucket bucket JOIN devices_cloud cloud ON cloud.id = bucket.cloud_id {COUNTED}"
CALLS_OF_MAKER = f"""{SHOWN}
  FROM devices_makerbucket bucket JOIN devices_cloud cloud
       ON cloud.id = bucket.cloud_id AND lower(bucket.maker) = lower(%(maker)s) {COUNTED}
"""
ANSWERED = (Status.COMPLETE, Status.FAILED)
Row = tuple[Any, ...]  # category, outcome, how many, their latencies and their readings' ages by class


@dataclass(frozen=True, slots=True)
class Month:
    """Half-open, in UTC. Of the present month, as far as it has come."""

    partner: Partner
    start: datetime
    end: datetime

    def excluded(self) -> list[Span]:
        """Maintenance that was announced in time."""
        planned = Maintenance.objects.in_time().filter(
            partner=self.partner, starts_at__lt=self.end, ends_at__gt=self.start
        )  # fmt: skip
        return measuring.joined((max(each.starts_at, self.start), min(each.ends_at, self.end)) for each in planned)

    def minutes_excluded(self) -> int:
        return round(sum((ends - starts).total_seconds() for starts, ends in self.excluded()) / 60)


def of_calls(month: Month) -> Iterator[Measured]:
    """Of all calls. Maintenance that was announced in time is left out, minute by minute."""
    rows = _counted(month, CALLS)
    yield from _measured(rows)
    if month.partner.kind == Partner.Kind.TPDO:
        for_no_maker = _counted(month, CALLS_OF_MAKER, maker=NO_ONE)
        yield measuring.share("for_no_maker", _number(for_no_maker), of=_number(rows), target=None)


def of_calls_for(month: Month, *, maker: str) -> Iterator[Measured]:
    """Of those that were for this maker's devices, alone or among others."""
    yield from _measured(_counted(month, CALLS_OF_MAKER, maker=maker))


def _counted(month: Month, statement: str, *, maker: str = "") -> list[Row]:
    excluded = month.excluded()
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "partner": month.partner.pk, "start": month.start, "end": month.end, "maker": maker,
                "begins": [starts for starts, _ in excluded], "ends": [ends for _, ends in excluded],
            },
        )  # fmt: skip
        rows: list[Row] = cursor.fetchall()
        return rows


def _measured(rows: Sequence[Row]) -> Iterator[Measured]:
    outcomes: dict[str, int] = {}
    for _, outcome, count, _, _ in rows:
        outcomes[outcome] = outcomes.get(outcome, 0) + int(count)
    yield measuring.availability(outcomes)
    for category in measuring.P95:
        classes = _summed([row[3] for row in rows if row[0] == category], width=LAST_CLASS)
        yield measuring.latency(category, classes, LATENCIES)
    ages = _summed([row[4] for row in rows if row[0] == "telemetry"], width=len(AGES) + 1)
    yield measuring.share("freshness", sum(ages[:FRESH_CLASSES]), of=sum(ages), target=measuring.FRESH)


def of_devices(month: Month, *, maker: str) -> Iterator[Measured]:
    """`maker` blank: of all."""
    commands = _of_maker(Command.objects.filter(partner=month.partner), "device", maker).filter(
        requested_at__gte=month.start, requested_at__lt=month.end
    )  # fmt: skip
    theirs = Q(status__in=ANSWERED) | Q(error_code__in=(REJECTED_THERE, NOT_ACKNOWLEDGED, OUTCOME_UNKNOWN))
    done = commands.filter(status=Status.COMPLETE).count()
    yield measuring.share("command_success", done, of=commands.filter(theirs).count(), target=None)
    events = _of_maker(PartnerEvent.objects.filter(partner=month.partner), "enrollment__device", maker).filter(
        due_at__gte=month.start, due_at__lt=month.end
    )  # fmt: skip
    in_time = events.filter(processed_at__lte=F("due_at")).count()
    settled = in_time + events.breaches(now=month.end).count()
    yield measuring.share("event_deadlines", in_time, of=settled, target=measuring.HONOURED)
    duties = _of_maker(
        RevocationDuty.objects.filter(enrollment__device__partner=month.partner), "enrollment__device", maker
    ).filter(due_at__gte=month.start, due_at__lt=month.end)
    honoured = duties.filter(settled_at__lte=F("due_at")).count()
    yield measuring.share("revocations", honoured, of=duties.count(), target=measuring.HONOURED)


def _number(rows: Sequence[Row]) -> int:
    return sum(int(count) for _, _, count, _, _ in rows)


def _of_maker(rows: "QuerySet[Any]", device: str, maker: str) -> Any:
    return rows.filter(**{f"{device}__manufacturer__iexact": maker}) if maker else rows


def _summed(rows: Sequence[Sequence[Any]], *, width: int) -> list[int]:
    return [sum(int(row[place] or 0) for row in rows) for place in range(width)]
