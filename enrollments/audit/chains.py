"""Each chain link by link, against the checkpoints that signed its heads and against the rows of today."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from enrollments.audit.breaks import Break
from enrollments.audit.progress import Progress
from enrollments.audit.rows import (
    BATCH,
    Row,
    Span,
    by_first,
    columns_of,
    digest_of,
    in_written_form,
    rows,
    side_by_side,
)
from enrollments.evidence.checkpoints import leaf_mark
from enrollments.evidence.merkle import leaf_data
from enrollments.models import Consent, Enrollment, Terms
from enrollments.models.ledger import GENESIS, digested_columns
from texture_portal import notary

STATES, CONSENTS = Enrollment.history.model, Consent.history.model
HELD_FAST = ("state", "partner_id", "customer_id", "device_id", "consent_revoked_at")  # change with an entry, or never
TRACKED = tuple(each.attname for each in CONSENTS.tracked_fields)


class Table:
    """A history table: the statement that reads it, and where in a row the digest's columns and others are."""

    def __init__(self, model: Any) -> None:
        self.name = model._meta.db_table
        self.digested = tuple(sorted((*digested_columns(model), "table")))
        fields = columns_of(model)
        shown = [f"'{self.name}'" if each == "table" else in_written_form(fields[each]) for each in self.digested]
        self.statement = (
            f"SELECT ledger_id::text, sequence, history_id, encode(digest, 'hex'), {', '.join(shown)} "  # noqa: S608 - our own names
            f"FROM {self.name} WHERE ledger_id BETWEEN %s AND %s ORDER BY {self.name}.ledger_id, sequence, history_id"
        )
        self.place = {each: place for place, each in enumerate(self.digested, start=4)}

    def entries(self, span: Span, *, order: int) -> Iterator[Row]:
        """Each as (enrollment, sequence, order, number, digest, columns …): unique before the columns begin."""
        for row in rows(self.statement, span.ends):
            yield (row[0], row[1], order, *row[2:])


TABLES = (Table(STATES), Table(CONSENTS))
DIGEST, COLUMNS = 4, 5  # places in an entry


def column(entry: Row, name: str) -> Any:
    return entry[TABLES[entry[2]].place[name] + 1]


def chain_breaks(span: Span, *, progress: Progress) -> Iterator[Break]:
    streams = (_entries(span, progress), _enrollments(span), _consents(span), _leaves(span))
    terms = {str(pk): bytes(digest).hex() for pk, digest in Terms.objects.values_list("pk", "digest")}
    for key, (entries, enrollment, consents, leaves) in side_by_side(*map(by_first, streams)):
        signed = list(leaves)
        yield from _changed_leaves(key, signed)
        if key in terms:
            yield from _changed_terms(key, terms[key], signed)
            continue
        walk = Walk(key, {leaf[1]: leaf for leaf in signed})
        yield from walk.along(entries)
        yield from walk.beyond_the_end()
        today = next(enrollment, None)
        if today is None:
            yield Break(key, "enrollments_enrollment", "is gone, but its history or its checkpoints are there")
        else:
            yield from walk.against_today(today, list(consents))


@dataclass(slots=True)
class Walk:
    """Along one chain; `signed` holds what checkpoints signed of it, by the length that it had."""

    enrollment_id: str
    signed: dict[int, Row]
    previous: str = GENESIS.hex()
    sequence: int = 0
    last: Row | None = None
    consents: dict[str, Row] = field(default_factory=dict)

    def along(self, entries: Iterator[Row]) -> Iterator[Break]:
        for entry in entries:
            self.sequence += 1
            table, digest = TABLES[entry[2]], entry[DIGEST]
            if entry[1] != self.sequence:
                yield self._break(entry, f"entry {self.sequence} of the chain is missing or doubled")
                self.sequence = entry[1]
            if column(entry, "previous_digest") != self.previous:
                yield self._break(entry, "does not follow from the entry before it")
            if digest_of(table.digested, entry[COLUMNS:]) != digest:
                yield self._break(entry, "was changed after it was written")
            if (leaf := self.signed.pop(self.sequence, None)) is not None and leaf[2] != digest:
                yield self._break(entry, f"the chain was rewritten: checkpoint {leaf[3]} signed another entry here")
            self.previous = digest
            self._remember(entry)

    def beyond_the_end(self) -> Iterator[Break]:
        for length, leaf in sorted(self.signed.items()):
            fault = f"the chain was cut: checkpoint {leaf[3]} signed {length} entries, {self.sequence} are there"
            yield Break(self.enrollment_id, "enrollments_enrollment", fault)

    def against_today(self, today: Row, consents: list[Row]) -> Iterator[Break]:
        row = f"enrollments_enrollment row {self.enrollment_id}"
        head, length, *held = today[1:]
        if (head, length) != (self.previous, self.sequence):
            fault = f"its chain ends after {self.sequence} entries, not after {length}"
            yield Break(self.enrollment_id, row, fault)
        for name, now in zip(HELD_FAST, held, strict=True):
            then = column(self.last, name) if self.last else None
            if now != then:
                yield Break(self.enrollment_id, row, f"{name} is {now}, but its history ends at {then}")
        present = {consent[1]: consent[2:] for consent in consents}
        for gone in self.consents.keys() - present.keys():
            yield Break(self.enrollment_id, f"enrollments_consent row {gone}", "is gone")
        for consent_id, columns in present.items():
            if columns != self.consents.get(consent_id):
                yield Break(
                    self.enrollment_id, f"enrollments_consent row {consent_id}", "differs from the end of its history"
                )

    def _remember(self, entry: Row) -> None:
        if entry[2] == 0:
            self.last = entry
        elif column(entry, "history_change_reason") != "consent_superseded":
            self.consents[column(entry, "id")] = tuple(column(entry, name) for name in TRACKED)

    def _break(self, entry: Row, fault: str) -> Break:
        return Break(self.enrollment_id, f"{TABLES[entry[2]].name} row {entry[3]}", fault)


def _entries(span: Span, progress: Progress) -> Iterator[Row]:
    streams = (table.entries(span, order=order) for order, table in enumerate(TABLES))
    for count, entry in enumerate(heapq.merge(*streams), start=1):
        yield entry
        if count % BATCH == 0:
            progress(BATCH)


def _enrollments(span: Span) -> Iterator[Row]:
    fields = columns_of(Enrollment)
    held = ", ".join(in_written_form(fields[name]) for name in HELD_FAST)
    return rows(
        f"SELECT id::text, encode(ledger_head, 'hex'), ledger_length, {held} FROM enrollments_enrollment "  # noqa: S608
        "WHERE id BETWEEN %s AND %s ORDER BY enrollments_enrollment.id",
        span.ends,
    )


def _consents(span: Span) -> Iterator[Row]:
    fields = columns_of(Consent)
    tracked = ", ".join(in_written_form(fields[name]) for name in TRACKED)
    return rows(
        f"SELECT enrollment_id::text, id::text, {tracked} FROM enrollments_consent "  # noqa: S608 - our own names
        "WHERE enrollment_id BETWEEN %s AND %s ORDER BY enrollments_consent.enrollment_id",
        span.ends,
    )


def _leaves(span: Span) -> Iterator[Row]:
    return rows(
        "SELECT leaf.subject_id::text, leaf.length, encode(leaf.head, 'hex'), checkpoint_id, position, mark "
        "FROM enrollments_checkpointleaf leaf WHERE leaf.subject_id BETWEEN %s AND %s "
        "ORDER BY leaf.subject_id, leaf.length",
        span.ends,
    )


def _changed_leaves(subject_id: str, leaves: list[Row]) -> Iterator[Break]:
    for _, length, head, number, position, mark in leaves:
        data = leaf_data(UUID(subject_id), length=length, head=bytes.fromhex(head))
        if bytes(mark) not in (leaf_mark(number, position, data, key=key) for key in notary.mark_keys()):
            row = f"enrollments_checkpointleaf {position} of checkpoint {number}"
            yield Break(subject_id, row, "was changed after it was signed")


def _changed_terms(terms_id: str, digest: str, leaves: list[Row]) -> Iterator[Break]:
    if any(leaf[2] != digest for leaf in leaves):
        yield Break("", f"enrollments_terms row {terms_id}", "was changed after it was signed")
