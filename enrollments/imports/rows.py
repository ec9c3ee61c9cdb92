"""Rows claimed by one worker, and what the dry run and the run share: a row as the API would take it."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from enrollments import intake
from enrollments.claims import EnrollmentClaim
from enrollments.documents import EnrollmentDocument
from enrollments.imports import columns, keeping
from enrollments.imports.columns import Complaint
from enrollments.models import EnrollmentFile, FileRow
from enrollments.reading import enrollment_claim
from partners.calls import validated
from texture_portal.jobs import claim
from texture_portal.refusals import Refusal

LEASE = timedelta(seconds=90)  # longer than one task: rows of a worker that died are free then
BATCH_SECONDS = 10  # of a task's 60, of which jobs.SLICE_SECONDS may be gone
Status = FileRow.Status


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A row with what is in it. `raw` is the document before it was read strictly."""

    row: FileRow
    raw: dict[str, Any]
    complaints: list[Complaint]


@transaction.atomic
def claim_rows(file: EnrollmentFile, status: str, *, limit: int, now: datetime) -> list[FileRow]:
    free = file.rows.filter(status=status).exclude(claimed_until__gt=now).order_by("number")
    rows = claim(free, limit=limit)
    FileRow.objects.filter(pk__in=[row.pk for row in rows]).update(claimed_until=now + LEASE)
    return rows


def opened(rows: Iterable[FileRow], key: bytes) -> list[OpenRow]:
    return [
        OpenRow(row, keeping.open_row(key, row, row.sealed_document), keeping.complaints_of(key, row)) for row in rows
    ]


def in_time(found: list[OpenRow]) -> Iterator[OpenRow]:
    """Each, until time is up; the rest is let go. Geocoders may be slow, and a task that is cut off starts over."""
    ends = time.monotonic() + BATCH_SECONDS
    for count, each in enumerate(found):
        if count and time.monotonic() > ends:
            left = [rest.row.pk for rest in found[count:]]
            FileRow.objects.filter(pk__in=left).update(claimed_until=None)
            return
        yield each


def claim_of(raw: dict[str, Any], file: EnrollmentFile, *, now: datetime) -> EnrollmentClaim:
    """By the API's own reading of the same document. Raises `Refusal`."""
    made = enrollment_claim(validated(EnrollmentDocument, raw))
    intake.check_claim(made, partner=file.partner, now=now)
    return made


def complaints_in(refusal: Refusal) -> list[Complaint]:
    """Each fault with the column that it is about."""
    found = [Complaint(columns.column_at(each.pointer), each.code, each.detail) for each in refusal.faults]
    return found or [Complaint("", refusal.code, refusal.detail)]


def complain(row: FileRow, complaints: list[Complaint], *, status: str, key: bytes) -> None:
    row.status, row.code = status, complaints[0].code
    row.sealed_faults = keeping.seal(key, row, [(each.column, each.code, each.detail) for each in complaints])
    row.claimed_until = None
