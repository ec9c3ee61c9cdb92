"""An audit trail of any length: one real enrollment, copied under new ids, each copy with a chain of its own."""

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection

from enrollments.evidence.sections import entries_of
from enrollments.models import Enrollment
from enrollments.models.ledger import GENESIS, digested_columns
from partners.models import SignedRequest
from texture_portal.fingerprints import plain_columns, written
from texture_portal.ids import new_id

FRESH = "CREATE TEMPORARY TABLE fresh (id uuid, consent_id uuid, request_id uuid, digest bytea, head bytea)"
# table: what a copy has of its own, and the row that is copied
COPIES = {
    "partners_signedrequest": (
        "jsonb_build_object('id', fresh.request_id, 'digest', fresh.digest)",
        "SELECT opening_request_id FROM enrollments_enrollment WHERE id = %s",
    ),
    "enrollments_enrollment": (
        "jsonb_build_object('id', fresh.id, 'state', 'revoked', 'ledger_head', fresh.head, "
        "'opening_request_id', fresh.request_id)",
        "%s",
    ),
    "enrollments_consent": (
        "jsonb_build_object('id', fresh.consent_id, 'enrollment_id', fresh.id, 'signed_request_id', fresh.request_id, "
        "'signed_request_digest', fresh.digest)",
        "SELECT id FROM enrollments_consent WHERE enrollment_id = %s",
    ),
}
BINARY = ("digest", "previous_digest", "original_digest", "signed_request_digest", "sealed_evidence")

Columns = dict[str, Any]


def grow(enrollment_id: UUID, *, to: int) -> None:
    """Until there are about so many entries. Copies are revoked, so that one device can have them all."""
    pattern = _pattern(enrollment_id)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # a million foreign keys are not what is measured
        cursor.execute(FRESH)
        _write_chains(cursor, enrollment_id, pattern, chains=to // len(pattern))
        for table, (own, copied) in COPIES.items():
            cursor.execute(
                f"INSERT INTO {table} SELECT (jsonb_populate_record(t, {own})).* "  # noqa: S608 - our own names
                f"FROM {table} t CROSS JOIN fresh WHERE t.id = ({copied})",
                [enrollment_id],
            )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")


def _pattern(enrollment_id: UUID) -> list[Columns]:
    """The real chain's entries as they are written; the last state of a copy is revoked."""
    entries = entries_of(Enrollment.objects.get(pk=enrollment_id))
    pattern = [
        {**plain_columns({name: getattr(entry, name) for name in digested_columns(type(entry))}),
         "table": entry._meta.db_table}
        for entry in entries
    ]  # fmt: skip
    [each for each in pattern if "state" in each][-1]["state"] = "revoked"
    return pattern


def _write_chains(cursor: Any, enrollment_id: UUID, pattern: list[Columns], *, chains: int) -> None:
    """One table at a time, as COPY wants it."""
    fresh, written_out = [], {table: [] for table in {each["table"] for each in pattern}}  # type: ignore[var-annotated]
    for copy in _copies(enrollment_id, chains):
        head = GENESIS.hex()
        for columns in pattern:
            made = _renamed(columns, copy) | {"previous_digest": head}
            head = hashlib.sha256(written(made)).hexdigest()
            written_out[made.pop("table")].append(made | {"digest": head})
        fresh.append({**copy, "head": head})
    for table, rows in {**written_out, "fresh": fresh}.items():
        _copy_in(cursor, table, rows)


def _copies(enrollment_id: UUID, chains: int) -> Iterator[Columns]:
    opening = Enrollment.objects.filter(pk=enrollment_id).values("opening_request")
    original = SignedRequest.objects.get(pk__in=opening)
    for _ in range(chains):
        original.id = new_id()
        yield {
            "id": str(new_id()),
            "consent_id": str(new_id()),
            "request_id": str(original.id),
            "digest": original.compute_digest().hex(),
        }


def _renamed(columns: Columns, copy: Columns) -> Columns:
    of_consent = "enrollment_id" in columns
    made = {**columns, "ledger_id": copy["id"], "id": copy["consent_id"] if of_consent else copy["id"]}
    if of_consent:
        made |= {"enrollment_id": copy["id"], "signed_request_id": copy["request_id"]}
        made["signed_request_digest"] = copy["digest"]
    if "original_id" in columns:
        made |= {"original_id": copy["request_id"], "original_digest": copy["digest"]}
    return made


def _copy_in(cursor: Any, table: str, rows: list[Columns]) -> None:
    names = sorted({name for row in rows for name in row})
    with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([_in_sql(name, row.get(name)) for name in names])


def _in_sql(name: str, value: Any) -> Any:
    return f"\\x{value}" if value is not None and (name in BINARY or name == "head") else value
