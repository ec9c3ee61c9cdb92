"""What is counted of a partner's month in its commands, its events and its revocations, by their devices' maker.

One statement each, whatever the number of makers. Commands that were to go out during planned maintenance are left out,
as calls are. Events and revocations never: their deadlines are a customer's (§11.5, §11.6).
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value

from devices.commands.states import NOT_ACKNOWLEDGED, OUTCOME_UNKNOWN, REJECTED_THERE, Status
from devices.models import Command
from enrollments.models import PartnerEvent, RevocationDuty
from enrollments.models.event import breached
from enrollments.scorecards.measuring import HONOURED, Measured, share
from enrollments.scorecards.months import WHOLE, Month
from partners.models.partner import same_name

ANSWERED = (Status.COMPLETE, Status.FAILED)
THEIRS = Q(status__in=ANSWERED) | Q(error_code__in=(REJECTED_THERE, NOT_ACKNOWLEDGED, OUTCOME_UNKNOWN))
IN_TIME, HONOURED_IN_TIME = Q(processed_at__lte=F("due_at")), Q(settled_at__lte=F("due_at"))
Numbers = dict[str, list[int]]  # by maker's key: how many were well, of how many


def of_dealings(month: Month, *, makers: Collection[str]) -> dict[str, list[Measured]]:
    commands, events, duties = _commands(month), _events(month), _duties(month)
    return {
        maker: [
            _share("command_success", commands[maker], target=None),
            _share("event_deadlines", events[maker], target=HONOURED),
            _share("revocations", duties[maker], target=HONOURED),
        ]
        for maker in (WHOLE, *makers)
    }


def _commands(month: Month) -> Numbers:
    rows = Command.objects.filter(
        partner=month.partner, requested_at__gte=month.start, requested_at__lt=month.end
    )  # fmt: skip
    for begins, ends in month.planned:
        rows = rows.exclude(starts_at__gte=begins, starts_at__lt=ends)
    return _numbers(month, rows, "device", good=Q(status=Status.COMPLETE), of=THEIRS)


def _events(month: Month) -> Numbers:
    rows = PartnerEvent.objects.filter(partner=month.partner, due_at__gte=month.start, due_at__lt=month.end)
    return _numbers(month, rows, "enrollment__device", good=IN_TIME, of=IN_TIME | breached(now=month.end))


def _duties(month: Month) -> Numbers:
    rows = RevocationDuty.objects.filter(
        enrollment__device__partner=month.partner, due_at__gte=month.start, due_at__lt=month.end
    )  # fmt: skip
    return _numbers(month, rows, "enrollment__device", good=HONOURED_IN_TIME, of=Q())


def _numbers(month: Month, rows: "QuerySet[Any]", device: str, *, good: Q, of: Q) -> Numbers:
    spelled = F(f"{device}__manufacturer") if month.is_of_makers else Value(WHOLE)
    counted = rows.order_by().annotate(spelled=spelled).values_list("spelled").annotate(
        good=Count("pk", filter=good), of=Count("pk", filter=of)
    )  # fmt: skip
    found: Numbers = defaultdict(lambda: [0, 0])
    for name, number, whole in counted:
        for maker in {WHOLE, same_name(name)}:
            found[maker][0] += number
            found[maker][1] += whole
    return found


def _share(measure: str, numbers: list[int], *, target: float | None) -> Measured:
    return share(measure, numbers[0], of=numbers[1], target=target)
