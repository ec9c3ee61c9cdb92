"""What an event changed at each device, against its baseline, once the readings of its window are in."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from devices.kind import DeviceType
from devices.models import StaleHour
from programs.baseline import Response
from programs.dispatch.keeping import write
from programs.dispatch.loads import expected_loads, measures
from programs.dispatch.planning import response_sign
from programs.dispatch.record import save_off_record
from programs.models import DispatchEvent, DispatchTarget
from programs.models.dispatch import EventStatus
from programs.models.dispatch_target import Outcome
from texture_portal import jobs

CHUNK = 250
READINGS_WITHIN = timedelta(minutes=20)  # of the end: §4.1 allows 15
AT_LAST = timedelta(hours=2)  # by then it is measured, even where readings still come in late
MEASURED = ("baseline_kwh", "load_kwh", "response_kw", "baseline_days", "unmeasured")


def foresee_some(*, now: datetime) -> int:
    """Of running events, what the next devices would have taken without it: by this they are sampled."""
    with transaction.atomic():
        asked = DispatchTarget.objects.filter(
            outcome=Outcome.ASKED, is_foreseen=False, event__status=EventStatus.RUNNING
        )
        targets = jobs.claim(asked.select_related("device__site", "event").order_by("event", "pk"), limit=CHUNK)
        by_event: dict[DispatchEvent, list[DispatchTarget]] = defaultdict(list)
        for target in targets:
            by_event[target.event].append(target)
        for event, of_event in by_event.items():
            loads = expected_loads(event, [each.device for each in of_event])
            for target in of_event:
                target.is_foreseen, target.baseline_kw = True, loads[target.device_id]
        write(targets, ["is_foreseen", "baseline_kw"])
    return len(targets)


def measure_some(*, now: datetime) -> int:
    """Of one event that is over, the next devices that were told something."""
    with transaction.atomic():
        over = DispatchEvent.objects.filter(
            closed_at__isnull=False, measured_at=None, scheduled_at__isnull=False, ends_at__lte=now - READINGS_WITHIN
        )
        for event in jobs.claim(over.order_by("ends_at"), limit=1):
            if _is_rolled_up(event) or event.ends_at <= now - AT_LAST:
                return _measure_some_of(event, now=now)
    return 0


def _measure_some_of(event: DispatchEvent, *, now: datetime) -> int:
    waiting = event.targets.filter(asked_at__isnull=False, response_kw=None, unmeasured="")
    targets = list(waiting.select_related("device__site").order_by("pk")[:CHUNK])
    if targets:
        _measure(event, targets)
    else:
        event.measured_at = now
        save_off_record(event, "measured_at")
    return 1


def _measure(event: DispatchEvent, targets: Sequence[DispatchTarget]) -> None:
    found = measures(event, [each.device for each in targets])
    for target in targets:
        measure = found[target.device_id]
        if isinstance(measure, Response):
            sign = response_sign(DeviceType(target.device.type))
            target.response_kw = sign * measure.less_kw
            target.baseline_kwh, target.load_kwh = measure.baseline_kwh, measure.load_kwh
            target.baseline_days = len(measure.days)
        else:
            target.unmeasured = measure.value
    write(targets, MEASURED)


def _is_rolled_up(event: DispatchEvent) -> bool:
    hours = StaleHour.objects.filter(hour__gt=event.starts_at - timedelta(hours=1), hour__lt=event.ends_at)
    return not hours.exists()
