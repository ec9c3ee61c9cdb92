"""What entries rest on, signed requests and records: there, unchanged, with the digest that the chain holds."""

from collections.abc import Iterator
from itertools import chain

from django.db.models import Model

from enrollments.audit.breaks import Break
from enrollments.audit.rows import Span, columns_of, digest_of, rows, values_in_sql, written_in_sql
from enrollments.models import EvidenceRecord
from partners.models import SignedRequest

OF_A_RECORD = "history_change_reason = 'evidence_supplied'"


def _held(table: str, name: str, *, of: str = "ledger_id", where: str = "true") -> str:
    return (
        f"SELECT {of} AS ledger_id, {name}_id AS id, {name}_digest AS digest FROM enrollments_{table} "  # noqa: S608
        f"WHERE {name}_id IS NOT NULL AND {where} AND {of} BETWEEN %s AND %s"
    )


# Where digests of requests and of records are held: own names all.
OF_REQUESTS = (
    _held("historicalconsent", "signed_request"),
    _held("historicalconsent", "original", where=f"NOT {OF_A_RECORD}"),
    _held("historicalenrollment", "original"),
    _held("evidencerecord", "signed_request", of="enrollment_id"),
)
OF_RECORDS = (_held("historicalconsent", "original", where=OF_A_RECORD),)


def original_breaks(span: Span) -> Iterator[Break]:
    return chain(
        _breaks(span, SignedRequest, sealed="sealed_message", held=OF_REQUESTS),
        _breaks(span, EvidenceRecord, sealed="sealed_content", held=OF_RECORDS),
    )


def _breaks(span: Span, model: type[Model], *, sealed: str, held: tuple[str, ...]) -> Iterator[Break]:
    table = model._meta.db_table
    for ledger_id, original_id, wanted, digest, text in rows(_statement(model, sealed, held), len(held) * span.ends):
        row = f"{table} row {original_id}"
        if digest is None:
            yield Break(ledger_id, row, "is gone")
        elif not digest_of(text) == digest == wanted:
            yield Break(ledger_id, row, "was changed after it was written")


def _statement(model: type[Model], sealed: str, held: tuple[str, ...]) -> str:
    """What is sealed comes as its SHA-256: it is large, and its digest is what is digested."""
    columns = values_in_sql(model, [name for name in columns_of(model) if name != "digest"], of="kept.")
    columns[sealed] = f"'\"' || encode(sha256(kept.{sealed}), 'hex') || '\"'"
    return (
        "SELECT held.ledger_id::text, held.id::text, encode(held.digest, 'hex'), encode(kept.digest, 'hex'), "  # noqa: S608
        f"{written_in_sql(columns)} FROM ({' UNION '.join(held)}) AS held "
        f"LEFT JOIN {model._meta.db_table} kept ON kept.id = held.id"
    )
