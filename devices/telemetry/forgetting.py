"""What devices told, deleted or cut off from them, when the person whose they were is erased (§9)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection

from devices.models import DeviceState, SignOfLife

TABLES = {"devices_reading": "observed_at", "devices_rollup": "began_at"}


def delete(devices: Collection[UUID], *, until: datetime | None = None) -> int:
    """Every reading of theirs, or those from before `until`; how many. Safe to do twice."""
    numbers = list(DeviceState.objects.filter(device__in=devices).values_list("number", flat=True))
    return sum(_delete(table, numbers, until) for table in TABLES) if numbers else 0


def detach(devices: Collection[UUID]) -> int:
    """Forgets which device a number was: what is kept under it is nobody's. How many devices that were."""
    SignOfLife.objects.filter(device__in=devices).delete()
    return DeviceState.objects.filter(device__in=devices).delete()[0]


def _delete(table: str, numbers: list[int], until: datetime | None) -> int:
    before = f"AND {TABLES[table]} < %s" if until else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE device_number = ANY(%s) {before}",  # noqa: S608 - our own names
            [numbers, until] if until else [numbers],
        )
        return int(cursor.rowcount)
