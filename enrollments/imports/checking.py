"""The dry run: what would become of each row, by the rules of intake, and nothing written but the answer."""

from datetime import datetime

from enrollments import intake
from enrollments.imports.columns import Complaint
from enrollments.imports.rows import OpenRow, claim_of, complain, complaints_in, in_time
from enrollments.matching import find
from enrollments.models import EnrollmentFile, FileRow
from texture_portal.refusals import Refusal

Status = FileRow.Status


def check(found: list[OpenRow], file: EnrollmentFile, *, key: bytes, now: datetime) -> None:
    checked = []
    for each in in_time(found):
        _check_one(each, file, key=key, now=now)
        checked.append(each.row)
    FileRow.objects.bulk_update(checked, ["status", "code", "sealed_faults", "claimed_until"])


def _check_one(found: OpenRow, file: EnrollmentFile, *, key: bytes, now: datetime) -> None:
    """What a cell cannot be and what the document lacks are told together."""
    complaints, outcome = list(found.complaints), ""
    try:
        claim = claim_of(found.raw, file, now=now)
        if before := _earlier_row(found.row):
            complaints.append(
                Complaint("device.manufacturerDeviceId", "enrollment_exists", f"Row {before} has the same device.")
            )
        finding = find(claim.site, pointer="/site/address")
        outcome = finding.outcome
        intake.check(claim, partner=file.partner, finding=finding, signed_at=file.uploaded_at, now=now)
    except Refusal as refusal:
        named = {each.column for each in complaints}
        complaints += [each for each in complaints_in(refusal) if each.column not in named]
    if complaints:
        complain(found.row, complaints, status=Status.FAULTY, key=key)
    else:
        found.row.status, found.row.code, found.row.claimed_until = Status.READY, outcome, None


def _earlier_row(row: FileRow) -> int | None:
    twins = FileRow.objects.filter(file=row.file_id, device_key=row.device_key, number__lt=row.number)
    return twins.order_by("number").values_list("number", flat=True).first()
