"""History from partners' clouds (§6): asked for piece by piece, each row remembering how far it has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, F, Min, Q, QuerySet, Sum

from devices.clearance import readable
from devices.models import Cloud, Connection, DiscoveredDevice, Poll
from devices.polling.discovery import digest
from devices.portfolios.resting import resting

MOST_DAYS = 90  # §6


@dataclass(frozen=True, slots=True)
class Progress:
    """`left`: of all devices together. `faulty` failed when they were asked last, and are asked again."""

    devices: int
    done: int
    left: timedelta
    faulty: int
    next_at: datetime | None


@transaction.atomic
def ask_for(cloud: Cloud, *, days: float, now: datetime) -> int:
    """The last so many days of every device that is listed and may be read; how many rows are due for it.

    What was begun goes on where it stood, and what is through is not asked for twice on one day.
    """
    start = now - timedelta(days=min(days, MOST_DAYS))
    listed = DiscoveredDevice.objects.filter(
        readable(now=now, of="device__"),
        ~resting(of="device"),
        connection__cloud=cloud,
        connection__status=Connection.Status.ACTIVE,
        vanished_at=None,
    ).exclude(device__in=rows_of(cloud).filter(due_at__isnull=False).values("device"))
    Poll.objects.bulk_create(
        (
            Poll(
                cloud=cloud, connection_id=row.connection_id, kind=Poll.Kind.HISTORY, device_id=row.device_id,
                key=digest(row.device_id, start.date()), covers_from=start, covers_to=now, due_at=now,
            )
            for row in listed
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    return rows_of(cloud).filter(due_at__isnull=False).count()


def progress(cloud: Cloud) -> Progress:
    rows = rows_of(cloud)
    told = rows.aggregate(
        devices=Count("pk"),
        done=Count("pk", filter=Q(due_at=None)),
        faulty=Count("pk", filter=Q(failures__gt=0)),
        next_at=Min("due_at"),
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
