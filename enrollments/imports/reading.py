"""The first step: the file's rows become rows of ours, each sealed, so that the rest can be done row by row."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from enrollments.imports import columns, keeping, sheets
from enrollments.imports.columns import Column
from enrollments.imports.sheets import Row, UnreadableError
from enrollments.models import EnrollmentFile, FileRow
from texture_portal.jobs import claim

LEASE = timedelta(seconds=90)  # longer than one task: a worker that died frees its file then
SLICE_SECONDS = 12  # of a task's 60, of which jobs.SLICE_SECONDS may be gone; then another reads on
BATCH = 500
Status = EnrollmentFile.Status


def read_on(*, now: datetime) -> int:
    """Reads one file on from where it was left; returns how many rows came of it, at least 1 where there was one."""
    file = _claim(now=now)
    if file is None:
        return 0
    try:
        count, is_whole = _read(file)
    except UnreadableError as fault:
        _settle(file, Status.UNREADABLE, fault=str(fault))
        return 1
    if is_whole:
        _settle(file, Status.CHECKING)
    else:
        _let_go(file)
    return max(count, 1)


@transaction.atomic
def _claim(*, now: datetime) -> EnrollmentFile | None:
    waiting = EnrollmentFile.objects.filter(status=Status.READING).exclude(claimed_until__gt=now)
    for file in claim(waiting.order_by("uploaded_at"), limit=1):
        file.claimed_until = now + LEASE
        EnrollmentFile.objects.filter(pk=file.pk).update(claimed_until=file.claimed_until)
        return file
    return None


def _read(file: EnrollmentFile) -> tuple[int, bool]:
    """How many rows were added, and whether that was the end of the file."""
    key, found = file.data_key(), sheets.rows(keeping.opened(file))
    header = _header(next(found, None))
    ends = time.monotonic() + SLICE_SECONDS  # opening a workbook is not counted, or a large one would never be read
    last = file.rows.aggregate(last=Max("number"))["last"] or 0
    left, added = (row for row in found if row[0] > last), 0
    rows_before = file.rows.count()
    while batch := list(islice(left, BATCH)):
        if rows_before + added + len(batch) > settings.IMPORT_MAX_ROWS:
            raise UnreadableError(f"The file has over {settings.IMPORT_MAX_ROWS:,} rows. Remedy: split it.")
        FileRow.objects.bulk_create(_drafts(file, header, batch, key=key))
        added += len(batch)
        if time.monotonic() > ends:
            return added, False
    if not rows_before + added:
        raise UnreadableError("There are no rows below the column names. Remedy: fill in the template.")
    return added, True


def _header(row: Row | None) -> Sequence[Column | None]:
    if row is None:
        raise UnreadableError("The file is empty. Remedy: fill in the template.")
    header, faults = columns.read_header(row[1])
    if faults:
        raise UnreadableError(f"{' '.join(faults)} Remedy: keep the first row as the template has it.")
    return header


def _drafts(
    file: EnrollmentFile, header: Sequence[Column | None], batch: list[Row], *, key: bytes
) -> Iterator[FileRow]:
    for number, cells in batch:
        document, complaints = columns.document_of(header, cells)
        device = document.get("device", {}).get("manufacturerDeviceId", "")
        row = FileRow(file=file, number=number, device_key=hashlib.sha256(str(device).encode()).digest())
        row.sealed_document = keeping.seal(key, row, document)
        if complaints:
            row.sealed_faults = keeping.seal(key, row, [(each.column, each.code, each.detail) for each in complaints])
        yield row


@transaction.atomic
def _settle(file: EnrollmentFile, status: str, *, fault: str = "") -> None:
    """The original has done its service: what is left of it are its rows and its digest."""
    file = EnrollmentFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
    file.status, file.fault, file.claimed_until = status, fault, None
    keeping.sign(file, user=None, why=fault or "read")
    file.save()
    file.chunks.all().delete()
    if status == Status.UNREADABLE:
        file.rows.all().delete()


def _let_go(file: EnrollmentFile) -> None:
    EnrollmentFile.objects.filter(pk=file.pk).update(claimed_until=None)
