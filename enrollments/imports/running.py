"""Rows become enrollments, by the same intake as the API; staff start it, and may stop it."""

import json
from datetime import datetime

from django.contrib.auth.models import User
from django.db import OperationalError, transaction

from enrollments import duplicates, intake
from enrollments.claims import EnrollmentClaim
from enrollments.imports.columns import Complaint
from enrollments.imports.keeping import JOB, check_partner, sign
from enrollments.imports.rows import OpenRow, claim_of, complain, complaints_in, in_time
from enrollments.matching import Finding, find
from enrollments.models import EnrollmentFile, FileRow
from partners import evidence
from texture_portal.actors import Actor, staff
from texture_portal.holding import NameHeldError, hold
from texture_portal.jobs import wake
from texture_portal.refusals import Refusal
from texture_portal.writing import insert

Status = EnrollmentFile.Status


@transaction.atomic
def start(file: EnrollmentFile, *, reason: str, now: datetime, user: User) -> EnrollmentFile:
    """Has the rows enrolled that the dry run found ready. Faulty ones are left out."""
    file = _held(file, reason=reason)
    if file.status != Status.CHECKED:
        raise Refusal("state_conflict", f"The file is: {file.get_status_display().lower()}.")
    check_partner(file.partner)
    if not file.rows.filter(status=FileRow.Status.READY).exists():
        raise Refusal("state_conflict", "No row is ready: correct the file, and upload it again.")
    file.status, file.started_by, file.started_at, file.fault = Status.RUNNING, user, now, ""
    sign(file, user=user, why=f"started: {reason}")
    file.save()
    wake(JOB)
    return file


@transaction.atomic
def stop(file: EnrollmentFile, *, reason: str, user: User | None) -> EnrollmentFile:
    """What is enrolled stays; the rest waits until it is started again."""
    file = _held(file, reason=reason)
    if file.status != Status.RUNNING:
        raise Refusal("state_conflict", f"The file is: {file.get_status_display().lower()}.")
    file.status, file.fault = Status.CHECKED, f"Stopped: {reason}"
    sign(file, user=user, why=f"stopped: {reason}")
    file.save()
    return file


def enroll(found: list[OpenRow], file: EnrollmentFile, *, key: bytes, now: datetime) -> None:
    """Each in a transaction of its own. One that fails stops no other, and is told of once the others are done."""
    faults = [fault for each in in_time(found) if (fault := _enroll_one(each, file, key=key, now=now))]
    if faults:
        raise ExceptionGroup(f"{len(faults)} of {len(found)} rows could not be enrolled", faults)


def _enroll_one(found: OpenRow, file: EnrollmentFile, *, key: bytes, now: datetime) -> Exception | None:
    try:
        claim = claim_of(found.raw, file, now=now)
        finding = find(claim.site, pointer="/site/address")
        _take_in(found, claim, finding, file, now=now)
    except Refusal as refusal:
        _refuse(found.row, complaints_in(refusal), key=key)
    except OperationalError:  # the database's fault, not this row's
        raise
    except NameHeldError as fault:  # it waits until this worker's claim has run out, and is tried again
        return _noted(fault, found.row)
    except Exception as fault:
        _refuse(found.row, [Complaint("", "internal_error", "The portal failed: tell its administrators.")], key=key)
        return _noted(fault, found.row)
    return None


def _noted(fault: Exception, row: FileRow) -> Exception:
    fault.add_note(f"row {row.number} of file {row.file_id}")
    return fault


@transaction.atomic
def _take_in(found: OpenRow, claim: EnrollmentClaim, finding: Finding, file: EnrollmentFile, *, now: datetime) -> None:
    row = FileRow.objects.select_for_update().get(pk=found.row.pk)
    if row.status != FileRow.Status.READY:
        return  # another worker was here, after this one's claim had run out
    hold(duplicates.names(file.partner, claim))
    body = json.dumps(found.raw, ensure_ascii=False, sort_keys=True).encode()
    source = {
        "digest": file.digest_hex,
        "row": str(row.number),
        "uploadedBy": file.uploaded_by.get_username(),
        "uploadedAt": file.uploaded_at.isoformat(),
    }
    enrolled = intake.enroll(
        claim,
        partner=file.partner,
        finding=finding,
        evidence=lambda customer: evidence.uploaded_row(
            customer, row_id=row.pk, body=body, source=source, uploaded_at=file.uploaded_at, now=now
        ),
        signed_at=file.uploaded_at,
        now=now,
        by=_actor(file),
    )
    insert(enrolled.unwritten)
    row.status, row.enrollment, row.code = FileRow.Status.ENROLLED, enrolled.enrollment, ""
    row.sealed_document = row.sealed_faults = b""  # what it held is the customer's evidence now, under its own key
    row.claimed_until = None
    row.save()


@transaction.atomic
def _refuse(row: FileRow, complaints: list[Complaint], *, key: bytes) -> None:
    row = FileRow.objects.select_for_update().get(pk=row.pk)
    if row.status == FileRow.Status.READY:
        complain(row, complaints, status=FileRow.Status.REFUSED, key=key)
        row.save()


def _held(file: EnrollmentFile, *, reason: str) -> EnrollmentFile:
    if not reason.strip():
        raise Refusal("validation_failed", "Say in a sentence why: the reason goes into the history.")
    rows = EnrollmentFile.objects.select_for_update(of=("self",)).select_related("partner")
    file = rows.get(pk=file.pk)
    if file.erased_at is not None:
        raise Refusal("state_conflict", "What was in the file is erased.")
    return file


def _actor(file: EnrollmentFile) -> Actor:
    started_by = file.started_by or file.uploaded_by
    return staff(user_id=started_by.pk, name=started_by.get_username())
