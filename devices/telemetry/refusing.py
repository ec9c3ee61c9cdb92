"""Readings that were not taken where nobody is answered, counted so that people see them."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from devices.models import ReadingRefusal

KEPT = timedelta(days=35)
ADD = """
INSERT INTO devices_readingrefusal (partner_id, way, code, hour, count, last_at)
VALUES (%s, %s, %s, date_trunc('hour', %s, 'UTC'), %s, %s)
ON CONFLICT {}
DO UPDATE SET count = devices_readingrefusal.count + excluded.count, last_at = excluded.last_at
"""


OF_A_PARTNER = ADD.format("(hour, partner_id, way, code)")
OF_NOBODY = ADD.format("(hour, way, code) WHERE partner_id IS NULL")


def note(partner_id: UUID | None, way: str, codes: "Counter[str]", *, now: datetime) -> None:
    """In one order for everybody, so that none waits for another in a circle."""
    if codes:
        rows = [(partner_id, way, code, now, count, now) for code, count in sorted(codes.items())]
        with connection.cursor() as cursor:
            cursor.executemany(OF_NOBODY if partner_id is None else OF_A_PARTNER, rows)


def purge(*, now: datetime) -> int:
    ReadingRefusal.objects.filter(hour__lt=now - KEPT).delete()
    return 0
