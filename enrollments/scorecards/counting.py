"""What is counted of a partner's month in its clouds' calls: of all, and of a TPDO by the maker that they were for."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.db import connection

from devices.polling.call_log import AGES, FRESH_CLASSES, LATENCIES, NO_ONE
from enrollments.scorecards import measuring
from enrollments.scorecards.measuring import Measured
from enrollments.scorecards.months import WHOLE, Month

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
"""
CALLS = f"""{SHOWN}
  FROM devices_callbucket bucket JOIN devices_cloud cloud ON cloud.id = bucket.cloud_id {COUNTED}
 GROUP BY bucket.category, bucket.outcome
"""
CALLS_BY_MAKER = f"""{SHOWN}, bucket.maker_key
  FROM devices_makerbucket bucket JOIN devices_cloud cloud ON cloud.id = bucket.cloud_id {COUNTED}
   AND bucket.maker_key = ANY (%(makers)s)
 GROUP BY bucket.category, bucket.outcome, bucket.maker_key
"""
Row = tuple[
    Any, ...
]  # category, outcome, how many, their latencies and their readings' ages by class; perhaps their maker


def of_calls(month: Month, *, makers: Collection[str]) -> dict[str, list[Measured]]:
    """By maker's key. Planned maintenance is left out, minute by minute."""
    rows = _asked(CALLS, month)
    found = {WHOLE: list(_measured(rows))}
    if month.is_of_makers:
        by_maker = defaultdict(list)
        for *row, key in _asked(CALLS_BY_MAKER, month, makers=[NO_ONE, *makers]):
            by_maker[key].append(tuple(row))
        for_no_maker = _number(by_maker.pop(NO_ONE, []))
        found[WHOLE].append(measuring.share("for_no_maker", for_no_maker, of=_number(rows), target=None))
        found |= {maker: list(_measured(by_maker.get(maker, []))) for maker in makers}
    return found


def _asked(statement: str, month: Month, **also: Any) -> list[Row]:
    given: dict[str, Any] = {
        "partner": month.partner.pk, "start": month.start, "end": month.end, **also,
        "begins": [starts for starts, _ in month.planned], "ends": [ends for _, ends in month.planned],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
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


def _number(rows: Sequence[Row]) -> int:
    return sum(int(count) for _, _, count, _, _ in rows)


def _summed(rows: Sequence[Sequence[Any]], *, width: int) -> list[int]:
    return [sum(int(row[place] or 0) for row in rows) for place in range(width)]
