"""An uploaded file at rest: sealed piece by piece under a key of its own, and erased by destroying that key."""

import hashlib
import io
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, BinaryIO

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from enrollments.imports.columns import Complaint
from enrollments.models import EnrollmentFile, FileChunk, FileRow
from partners.models import Partner
from texture_portal import vault
from texture_portal.jobs import wake
from texture_portal.refusals import Refusal

CHUNK = 512 * 1024  # bytes
Status = EnrollmentFile.Status
BUSY = (Status.READING, Status.CHECKING, Status.RUNNING)
JOB = "imports"


class AlreadyUploadedError(Refusal):
    """The same bytes were uploaded for this partner before: `file` is that one, and nothing is done again."""

    def __init__(self, file: EnrollmentFile) -> None:
        self.file = file
        detail = f"This very file was uploaded before, as {file.name} by {file.uploaded_by.get_username()}: here it is."
        super().__init__("state_conflict", detail)


def upload(pieces: Iterable[bytes], *, name: str, partner: Partner, now: datetime, user: User) -> EnrollmentFile:
    """Keeps the file and has it read. Raises `AlreadyUploadedError`, or `Refusal` for a partner that is not active."""
    check_partner(partner)
    file = EnrollmentFile(partner=partner, name=name[-255:], uploaded_by=user, uploaded_at=now)
    file.give_key()
    try:
        with transaction.atomic():
            file.digest, file.size, chunks = _sealed(file, pieces)
            if before := EnrollmentFile.objects.filter(partner=partner, digest=file.digest).first():
                raise AlreadyUploadedError(before)
            sign(file, user=user, why="uploaded")
            file.save()
            FileChunk.objects.bulk_create(chunks, batch_size=16)
            wake(JOB)
    except IntegrityError:  # the same file, at the same instant
        raise AlreadyUploadedError(EnrollmentFile.objects.get(partner=partner, digest=file.digest)) from None
    return file


def check_partner(partner: Partner) -> None:
    """As at the API's door (contract §2.6)."""
    if partner.status != Partner.Status.ACTIVE:
        raise Refusal("partner_suspended", f"{partner} is {partner.get_status_display().lower()}.")


def opened(file: EnrollmentFile) -> BinaryIO:
    """The file as it was uploaded. It is bounded (`IMPORT_MAX_MEBIBYTES`), so it may stand in memory."""
    key, whole = file.data_key(), io.BytesIO()
    for chunk in file.chunks.iterator(chunk_size=4):
        whole.write(vault.open_with(key, chunk.sealed, place=_chunk_place(file, chunk.number)))
    whole.seek(0)
    return whole


@transaction.atomic
def erase(file: EnrollmentFile, *, reason: str, now: datetime, user: User | None) -> EnrollmentFile:
    """What was in it is gone for good; what became of each row, and the enrollments with their evidence, stay."""
    if not reason.strip():
        raise Refusal("validation_failed", "Say in a sentence why: the reason goes into the history.")
    file = EnrollmentFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
    if file.erased_at is not None:
        raise Refusal("state_conflict", "What was in the file is erased already.")
    if file.status in BUSY or file.rows.filter(claimed_until__gt=now).exists():
        raise Refusal("state_conflict", "Its rows are being worked on: stop it first, or wait.")
    file.chunks.all().delete()
    file.rows.update(sealed_document=b"", sealed_faults=b"", device_key=b"")
    file.sealed_data_key, file.erased_at = None, now
    sign(file, user=user, why=f"erased: {reason}")
    file.save()
    return file


def seal(key: bytes, row: FileRow, plain: Any) -> bytes:
    return vault.seal_with(key, json.dumps(plain, ensure_ascii=False).encode(), place=_row_place(row))


def open_row(key: bytes, row: FileRow, sealed: bytes | memoryview) -> Any:
    return json.loads(vault.open_with(key, sealed, place=_row_place(row))) if bytes(sealed) else None


def complaints_of(key: bytes, row: FileRow) -> list[Complaint]:
    return [Complaint(*each) for each in open_row(key, row, row.sealed_faults) or []]


def sign(file: EnrollmentFile, *, user: User | None, why: str) -> None:
    """Who and why, for the file's history, which reads these two from the instance."""
    written: Any = file
    written._history_user, written._change_reason = user, why


def largest() -> int:
    return int(settings.IMPORT_MAX_MEBIBYTES) * 1024 * 1024


def _sealed(file: EnrollmentFile, pieces: Iterable[bytes]) -> tuple[bytes, int, list[FileChunk]]:
    key, digest, size, chunks = file.data_key(), hashlib.sha256(), 0, []
    for number, piece in enumerate(_evenly(pieces)):
        digest.update(piece)
        size += len(piece)
        if size > largest():
            raise Refusal(
                "payload_too_large", f"The file is larger than {settings.IMPORT_MAX_MEBIBYTES} MiB: split it."
            )
        sealed = vault.seal_with(key, piece, place=_chunk_place(file, number))
        chunks.append(FileChunk(file=file, number=number, sealed=sealed))
    if not size:
        raise Refusal("validation_failed", "The file is empty.")
    return digest.digest(), size, chunks


def _evenly(pieces: Iterable[bytes]) -> Iterable[bytes]:
    kept = b""
    for piece in pieces:
        kept += piece
        while len(kept) >= CHUNK:
            yield kept[:CHUNK]
            kept = kept[CHUNK:]
    if kept:
        yield kept


def _chunk_place(file: EnrollmentFile, number: int) -> str:
    return f"import-chunk:{file.pk}:{number}"


def _row_place(row: FileRow) -> str:
    return f"import-row:{row.pk}"
