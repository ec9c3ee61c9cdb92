"""The whole database as text, files and logs, searched for a mark: plainly, in hex, in base64, and with every key."""

import base64
import io
from pathlib import Path

from django.conf import settings
from django.db import connection

from enrollments.imports import keeping
from enrollments.ledger import place_of_words
from enrollments.models import Consent, Contact, Enrollment, EnrollmentFile, EvidenceRecord, FileRow
from partners.models import Customer, SignedRequest
from texture_portal import vault
from texture_portal.sealed_columns import COLUMNS, FIXED
from texture_portal.vault import SealBrokenError


def tables_with(mark):
    """{table} whose rows hold the mark in any form that can be read without a key."""
    wanted = forms_of(mark)
    return {name for name in _tables() if any(form in text for text in (_copied(name),) for form in wanted)}


def forms_of(mark):
    found = []
    for text in (mark, mark.casefold(), mark.upper()):
        raw = text.encode()
        found += [text, raw.hex(), *(_middle_of_base64(raw, offset) for offset in range(3))]
    return found


def _middle_of_base64(raw, offset):
    """What of it is the same whatever stands around it, where it begins at this offset of three bytes."""
    encoded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
    return encoded[offset + 1 if offset else 0 : len(encoded) - 1]


def _tables():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I', relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind = 'r'"
        )
        return [name for (name,) in cursor.fetchall()]


def _copied(name):
    whole = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(f"COPY {name} TO STDOUT") as copy:
        for piece in copy:
            whole.write(piece)
    return whole.getvalue().decode(errors="replace")


def sealed_with(mark):
    """{column} whose values hold the mark once they are opened with any key that the portal has now."""
    found = set()
    for column in (*COLUMNS, *FIXED):
        for row in column.rows():
            if mark.encode() in _opened_by_master(getattr(row, column.column), column.place_of(row)):
                found.add(str(column))
    return found | _under_customers(mark) | _under_files(mark)


def _opened_by_master(sealed, place):
    try:
        return vault.open_sealed(sealed, place=place)
    except SealBrokenError:
        return b""


def _under_customers(mark):
    keys, found = list(Customer.objects.exclude(sealed_data_key=None)), set()
    for name, sealed, place in _sealed_values():
        for customer in keys:
            try:
                if mark.encode() in customer.open(sealed, place=place):
                    found.add(name)
            except SealBrokenError:
                continue
    return found


def _sealed_values():
    for row in SignedRequest.objects.exclude(customer=None):
        yield "SignedRequest", row.sealed_message, f"signed-request:{row.pk}"
    for row in EvidenceRecord.objects.all():
        yield "EvidenceRecord", row.sealed_content, row.place
    for history in (Consent.history.model, Enrollment.history.model):
        for row in history.objects.exclude(sealed_words=None):
            yield "words", row.sealed_words, place_of_words(row.ledger_id, row.sequence)
    for row in Contact.objects.all():
        yield "Contact", row.sealed_email, row.place
    for row in Consent.objects.exclude(sealed_evidence=None):
        yield "evidence", row.sealed_evidence, f"consent-evidence:{row.pk}"


def _under_files(mark):
    found = set()
    for file in EnrollmentFile.objects.exclude(sealed_data_key=None):
        key = file.data_key()
        for row in FileRow.objects.filter(file=file):
            for sealed in (row.sealed_document, row.sealed_faults):
                if mark in str(keeping.open_row(key, row, sealed)):
                    found.add("FileRow")
    return found


def files_with(mark, *, since):
    """Those of the portal that were written since; not the database's own, whose rows are looked at above."""
    wanted = [form.encode() for form in forms_of(mark)]
    return [
        file
        for file in Path(settings.PORTAL_HOME).rglob("*")
        if file.is_file() and "artefacts" not in file.parts and not _is_the_databases(file)
        and file.stat().st_mtime >= since and any(form in file.read_bytes() for form in wanted)
    ]  # fmt: skip


def _is_the_databases(file):
    return any((parent / "PG_VERSION").exists() for parent in file.parents)
