"""The job behind uploaded files: their rows are the work, and each call does a batch of them."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from enrollments.imports import checking, keeping, reading, running
from enrollments.imports.rows import claim_rows, opened
from enrollments.models import EnrollmentFile, FileRow
from partners.models import Partner

BATCH = 25
Status = EnrollmentFile.Status
ROWS_OF = {Status.CHECKING: FileRow.Status.READ, Status.RUNNING: FileRow.Status.READY}
AFTER = {Status.CHECKING: Status.CHECKED, Status.RUNNING: Status.DONE}


def work_off(*, now: datetime) -> int:
    """One batch of whatever is first: reading, dry run, or run. 0: nothing is left, or others have it in hand."""
    return reading.read_on(now=now) or _work_on_rows(now=now)


def erase_old(*, now: datetime) -> int:
    """Files have their time; then what was in them goes. Those that are being worked on go the next time."""
    old = EnrollmentFile.objects.filter(
        erased_at__isnull=True, uploaded_at__lt=now - timedelta(days=settings.IMPORT_KEPT_DAYS)
    )
    for file in old.exclude(status__in=keeping.BUSY).exclude(rows__claimed_until__gt=now):
        keeping.erase(file, reason=f"kept for {settings.IMPORT_KEPT_DAYS} days", now=now, user=None)
    return 0


def _work_on_rows(*, now: datetime) -> int:
    busy = EnrollmentFile.objects.filter(status__in=ROWS_OF).select_related("partner", "uploaded_by", "started_by")
    for file in busy.order_by("uploaded_at"):
        status = Status(file.status)
        if status == Status.RUNNING and file.partner.status != Partner.Status.ACTIVE:
            running.stop(file, reason=f"the partner is {file.partner.get_status_display().lower()}.", user=None)
            continue
        rows = claim_rows(file, ROWS_OF[status], limit=BATCH, now=now)
        if rows:
            key = file.data_key()
            do = checking.check if status == Status.CHECKING else running.enroll
            do(opened(rows, key), file, key=key, now=now)
            return len(rows)
        _finish(file, now=now)
    return 0


@transaction.atomic
def _finish(file: EnrollmentFile, *, now: datetime) -> None:
    """Once no row is left, not even in another's hands."""
    before = Status(file.status)
    file = EnrollmentFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
    if file.status != before or file.rows.filter(status=ROWS_OF[before]).exists():
        return
    file.status = AFTER[before]
    file.finished_at = now if file.status == Status.DONE else None
    keeping.sign(file, user=None, why="checked" if file.status == Status.CHECKED else "done")
    file.save()
