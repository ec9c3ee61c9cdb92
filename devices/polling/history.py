"""History from partners' clouds (§6): asked for piece by piece, each row remembering how far it has come."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, F, Min, Q, QuerySet, Sum

from devices.clearance import readable
from devices.models import Cloud, Connection, DiscoveredDevice, Poll
from devices.polling.claiming import IS_OPEN
from devices.polling.discovery import digest
from devices.portfolios.resting import resting

MOST_DAYS = 90  # §6
IS_THROUGH = Q(covers_from__gte=F("covers_to"))


@dataclass(frozen=True, slots=True)
class Progress:
    """`left`: of all devices together. `faulty` failed when they were asked last, and are asked again.

    `at_rest` go on once they are awake, or their connection works again. `let_go` came to no end: there is nobody to
    ask for, or nobody may. `next_at`: of those that are asked at all.
    """

    devices: int
    done: int
    left: timedelta
    faulty: int
    at_rest: int
    let_go: int
    next_at: datetime | None


@transaction.atomic
def ask_for(cloud: Cloud, *, days: float, now: datetime) -> int:
    """The last so many days of every device that is listed and may be read; how many rows are due for it.

    What was begun goes on where it stood, and what is through is not asked for twice on one day. Devices at rest are
    asked for as well: their rows wait until they are awake.
    """
    start = now - timedelta(days=min(days, MOST_DAYS))
    listed = (
        DiscoveredDevice.objects.filter(
            readable(now=now, of="device__"),
            connection__cloud=cloud,
            connection__status=Connection.Status.ACTIVE,
            vanished_at=None,
        )
        .exclude(device__in=rows_of(cloud).filter(due_at__isnull=False).values("device"))
        .annotate(is_at_rest=resting(of="device"))
    )
    wanted = [
        Poll(
            cloud=cloud, connection_id=row.connection_id, kind=Poll.Kind.HISTORY, device_id=row.device_id,
            key=digest(row.device_id, start.date()), covers_from=start, covers_to=now, due_at=now,
            is_left_alone=row.is_at_rest,
        )
        for row in listed
    ]  # fmt: skip
    _take_up_again(cloud, {each.key for each in wanted}, now=now)
    Poll.objects.bulk_create(wanted, ignore_conflicts=True)
    return rows_of(cloud).filter(due_at__isnull=False).count()


def _take_up_again(cloud: Cloud, keys: Collection[str], *, now: datetime) -> None:
    """What was asked for earlier on the same day and came to no end, since there was nobody to ask for."""
    let_go = rows_of(cloud).filter(~IS_THROUGH, due_at=None, connection__status=Connection.Status.ACTIVE)
    again = [pk for pk, key in let_go.values_list("pk", "key") if key in keys]
    Poll.objects.filter(pk__in=again).update(due_at=now)


def progress(cloud: Cloud) -> Progress:
    rows = rows_of(cloud)
    told = rows.aggregate(
        devices=Count("pk"),
        done=Count("pk", filter=IS_THROUGH),
        faulty=Count("pk", filter=Q(failures__gt=0, due_at__isnull=False)),
        at_rest=Count("pk", filter=~IS_OPEN & Q(due_at__isnull=False)),
        let_go=Count("pk", filter=~IS_THROUGH & Q(due_at=None)),
        next_at=Min("due_at", filter=IS_OPEN),
    )
    left = rows.filter(due_at__isnull=False).aggregate(left=Sum(F("covers_to") - F("covers_from")))["left"]
    return Progress(**told, left=left or timedelta())


def rows_of(cloud: Cloud) -> "QuerySet[Poll]":
    return Poll.objects.filter(cloud=cloud, kind=Poll.Kind.HISTORY)


def purge(*, now: datetime) -> int:
    """Rows that are through, once their range is history of the portal's own."""
    rows = Poll.objects.filter(kind=Poll.Kind.HISTORY, due_at=None, covers_to__lt=now - timedelta(days=MOST_DAYS))
    rows.delete()
    return 0
