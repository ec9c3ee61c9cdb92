"""What entries rest on: signed requests, which must be there, unchanged, with the digest that the chain holds."""

from collections.abc import Iterator

from enrollments.audit.breaks import Break
from enrollments.audit.rows import Span, columns_of, digest_of, in_written_form, rows
from partners.models import SignedRequest

REFERENCES = " UNION ".join(
    f"SELECT ledger_id, {name}_id AS id, {name}_digest AS digest FROM enrollments_{table} "  # noqa: S608 - our own names
    f"WHERE {name}_id IS NOT NULL AND ledger_id BETWEEN %s AND %s"
    for table, name in (
        ("historicalconsent", "signed_request"),
        ("historicalconsent", "original"),
        ("historicalenrollment", "original"),
    )
)
DIGESTED = tuple(sorted(name for name in columns_of(SignedRequest) if name != "digest"))


def original_breaks(span: Span) -> Iterator[Break]:
    for ledger_id, original_id, held, present, digest, *columns in rows(_statement(), 3 * span.ends):
        row = f"partners_signedrequest row {original_id}"
        if present is None:
            yield Break(ledger_id, row, "is gone")
        elif not digest_of(DIGESTED, columns) == digest == held:
            yield Break(ledger_id, row, "was changed after it was written")


def _statement() -> str:
    """The sealed message comes as its SHA-256: it is large, and its digest is what is digested."""
    fields = columns_of(SignedRequest)
    written = {name: in_written_form(fields[name], of="r.") for name in DIGESTED}
    written["sealed_message"] = "encode(sha256(r.sealed_message), 'hex')"
    return (
        "SELECT held.ledger_id::text, held.id::text, encode(held.digest, 'hex'), r.id, encode(r.digest, 'hex'), "  # noqa: S608
        f"{', '.join(written.values())} FROM ({REFERENCES}) AS held "
        "LEFT JOIN partners_signedrequest r ON r.id = held.id"
    )
