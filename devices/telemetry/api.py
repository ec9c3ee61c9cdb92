"""Telemetry, sent and read (contract §5)."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import orjson

from devices.models import Device
from devices.telemetry import documents, history, taking
from devices.telemetry.documents import TelemetryDocument
from devices.telemetry.taking import Rejected
from partners.idempotency import KEPT_BRIEFLY
from partners.pagination import USUAL_PAGE, PageQuery, instant_cursor, open_instant
from partners.views import MEBIBYTE, Answer, Call, Effect, PartnerView
from partners.wire import Choice, Digits, Instant
from texture_portal.refusals import Refusal, refuse

MOST_A_PAGE = 5_000  # contract §1
USUAL_RANGE = timedelta(days=1)


class TelemetryView(PartnerView):
    scopes: ClassVar = {"POST": "telemetry:write"}
    max_body: ClassVar = 16 * MEBIBYTE  # contract §1
    retention: ClassVar = KEPT_BRIEFLY

    def post(self, call: Call) -> Effect:
        observed, malformed = documents.read(call.read(TelemetryDocument)["readings"])
        places = list(observed)
        weighed = taking.weigh(call.partner, list(observed.values()), now=call.now)

        def effect() -> Answer:
            taken = taking.keep(weighed, now=call.now)
            found = [Rejected(places[each.index], each.code, each.detail) for each in taken.rejected]
            return Answer(202, _shown(taken.accepted, taken.duplicates, [*malformed, *found]))

        return effect


class HistoryQuery(PageQuery):
    limit = Digits(required=False, default=USUAL_PAGE, min_value=1, max_value=MOST_A_PAGE)
    start = Instant(required=False)
    end = Instant(required=False)
    granularity = Choice(choices=history.GRANULARITIES, required=False, default="raw")


class HistoryView(PartnerView):
    scopes: ClassVar = {"GET": "telemetry:read"}

    def get(self, call: Call, *, device_id: UUID) -> Answer:
        asked = call.query_params(HistoryQuery)
        start, end = _range(asked, now=call.now)
        after = None if asked["cursor"] is None else open_instant(asked["cursor"])
        device = Device.objects.filter(partner=call.partner, pk=device_id).first()
        if device is None:
            raise Refusal("not_found", "You have no device of this id.")
        page = history.read(
            device, start=start, end=end, granularity=asked["granularity"], after=after, limit=asked["limit"]
        )
        cursor = instant_cursor(page.moments[-1].at) if page.more else None
        data = ",".join([each.as_json() for each in page.moments])
        return Answer(200, f'{{"data":[{data}],"nextCursor":{orjson.dumps(cursor).decode()}}}'.encode())


def _range(asked: dict[str, Any], *, now: datetime) -> tuple[datetime, datetime]:
    """The last day, unless told; where only one end is given, a day from there."""
    start, end = asked.get("start"), asked.get("end")
    end = end or (start + USUAL_RANGE if start and now - start > USUAL_RANGE else now)
    start = start or _day_before(end)
    if start >= end:
        raise _bad_range("invalid", "`start` must be before `end`.")
    if end - start > history.LONGEST:
        raise _bad_range("out_of_range", f"A range has at most {history.LONGEST.days} days.")
    return start, end


def _day_before(end: datetime) -> datetime:
    first = datetime.min.replace(tzinfo=UTC)
    return end - USUAL_RANGE if end - first > USUAL_RANGE else first


def _bad_range(code: str, detail: str) -> Refusal:
    return Refusal("validation_failed", detail, refuse(code, detail, pointer="/query/start").faults)


def _shown(accepted: int, duplicates: int, rejected: list[Rejected]) -> dict[str, Any]:
    rejected.sort(key=lambda each: each.index)
    return {"accepted": accepted, "duplicates": duplicates, "rejected": [asdict(each) for each in rejected]}
