"""What came of each device, written down once it is final; an event is over when that is known of all of them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from devices.commands.states import UNFINISHED
from devices.models import Command
from programs.dispatch.keeping import write
from programs.dispatch.outcomes import Told, settle
from programs.dispatch.record import save_on_record
from programs.dispatch.starting import BY
from programs.models import DispatchEvent, DispatchTarget
from programs.models.dispatch import EventStatus
from programs.models.dispatch_target import Outcome
from texture_portal import jobs

CHUNK = 500
LEFT_EARLY = [Outcome.OPTED_OUT, Outcome.WITHDRAWN, Outcome.CANCELLED]


def settle_some(*, now: datetime) -> int:
    """Those whose commands have all ended: of events that wind down, and who left one before."""
    under_way = Command.objects.filter(
        event_id=OuterRef("event_id"), device=OuterRef("device_id"), status__in=UNFINISHED
    )
    with transaction.atomic():
        open_ones = DispatchTarget.objects.filter(
            Q(event__status=EventStatus.RESTORING, outcome=Outcome.ASKED) | Q(outcome__in=LEFT_EARLY),
            settled_at=None,
        )
        targets = jobs.claim(open_ones.filter(~Exists(under_way)).order_by("pk"), limit=CHUNK)
        _settle(targets, now=now)
    return len(targets)


def close_some(*, now: datetime) -> int:
    with transaction.atomic():
        unsettled = DispatchTarget.objects.filter(event=OuterRef("pk"), settled_at=None)
        found = jobs.claim(DispatchEvent.objects.filter(~Exists(unsettled), status=EventStatus.RESTORING), limit=20)
        for event in found:
            if event.cancelled_at is None:
                event.finish(now=now)
            else:
                event.end_cancelled(now=now)
            save_on_record(event, by=BY, reason="what became of every device is known")
    return len(found)


def _settle(targets: Sequence[DispatchTarget], *, now: datetime) -> None:
    told = _told([each.event_id for each in targets], [each.device_id for each in targets])
    for target in targets:
        settled = settle(told[target.event_id, target.device_id])
        if settled is None:
            raise LookupError(f"target {target.pk} was told, and there is no final command of it")
        target.restore, target.restore_detail = settled.restore, settled.restore_detail
        target.settled_at, target.due_at = now, None
        if target.outcome == Outcome.ASKED:
            target.outcome, target.reason, target.detail = settled.outcome, settled.reason, settled.detail
    write(targets, ["outcome", "reason", "detail", "restore", "restore_detail", "settled_at", "due_at"])


def _told(events: Sequence[UUID], devices: Sequence[UUID]) -> dict[tuple[UUID | None, UUID], list[Told]]:
    rows = Command.objects.filter(event_id__in=set(events), device__in=devices).order_by("pk")
    found: dict[tuple[UUID | None, UUID], list[Told]] = defaultdict(list)
    for each in rows.only("event_id", "device_id", "status", "restores_id", "sent_at", "error_code", "error_detail"):
        found[each.event_id, each.device_id].append(
            Told(
                each.status, each.restores_id is not None, each.sent_at is not None, each.error_code, each.error_detail
            )
        )
    return found
