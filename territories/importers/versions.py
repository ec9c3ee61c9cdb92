"""Versions of data sets. A new one is made only by an import that changed something."""

import re
from datetime import datetime

from django.db import connection

from territories.importers.summary import Summary
from territories.models import DataSet

IMPORTS_LOCK = 7_311_003  # one import at a time, on all machines: any number that nothing else locks


def hold_imports() -> None:
    """Waits for an import under way, and keeps others waiting until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORTS_LOCK])


def year_in(name: str) -> int | None:
    """The year that a file's name ends in or holds: `iou_zipcodes_2011.csv` describes 2011."""
    years = re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", name)
    return int(years[-1]) if years else None


def newest_version(kind: DataSet.Kind, name: str) -> DataSet | None:
    return DataSet.objects.filter(kind=kind, name=name).order_by("-version").first()


def put_in_force(
    kind: DataSet.Kind,
    *,
    digest: str,
    summary: Summary,
    now: datetime,
    as_of_year: int | None = None,
    edge_error_meters: int | None = None,
) -> DataSet:
    last = newest_version(kind, summary.name)
    summary.version = last.version + 1 if last else 1
    return DataSet.objects.create(
        kind=kind,
        name=summary.name,
        digest=digest,
        version=summary.version,
        summary=summary.as_json(),
        as_of_year=as_of_year,
        edge_error_meters=edge_error_meters,
        in_force_since=now,
    )
