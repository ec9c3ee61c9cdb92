"""Each chain link by link, against the checkpoints that signed its heads and against the rows of today."""

import heapq
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from enrollments.audit.breaks import Break
from enrollments.audit.progress import Progress
from enrollments.audit.rows import (
    BATCH,
    Row,
    Span,
    by_first,
    digest_of,
    rows,
    side_by_side,
    values_in_sql,
    written_in_sql,
)
from enrollments.evidence.checkpoints import leaf_mark
from enrollments.evidence.merkle import leaf_data
from enrollments.evidence.purged import is_left
from enrollments.models import Consent, Enrollment, PurgedChain, Terms
from enrollments.models.ledger import GENESIS, digested_columns
from texture_portal import notary

STATES, CONSENTS = Enrollment.history.model, Consent.history.model
HELD_FAST = ("state", "partner_id", "customer_id", "device_id", "consent_revoked_at")  # change with an entry, or never
TRACKED = tuple(each.attname for each in CONSENTS.tracked_fields)
SUPERSEDED = "consent_superseded"  # an entry that changes nothing that stands


class Entry(NamedTuple):
    """`text` is what the digest is taken over; `standing` is what the row of today must still say."""

    enrollment_id: str
    sequence: int
    order: int  # of the table: with the number it makes an entry unique before its text begins
    number: int
    digest: str
    previous: str
    text: str
    subject_id: str
    reason: str
    standing: str


class Table:
    """A history table, and the statement that reads it as entries."""

    def __init__(self, model: Any, *, order: int, held: Iterable[str]) -> None:
        self.name = name = model._meta.db_table
        columns = {**values_in_sql(model, digested_columns(model)), "table": f"to_json('{name}'::text)::text"}
        self.statement = (
            f"SELECT ledger_id::text, sequence, {order}, history_id, encode(digest, 'hex'), "  # noqa: S608 - our own names
            f"encode(previous_digest, 'hex'), {written_in_sql(columns)}, id::text, history_change_reason, "
            f"{written_in_sql(values_in_sql(model, held))} "
            f"FROM {name} WHERE ledger_id BETWEEN %s AND %s ORDER BY {name}.ledger_id, sequence, history_id"
        )

    def entries(self, span: Span) -> Iterator[Row]:
        return rows(self.statement, span.ends)


TABLES = (Table(STATES, order=0, held=HELD_FAST), Table(CONSENTS, order=1, held=TRACKED))


def chain_breaks(span: Span, *, progress: Progress) -> Iterator[Break]:
    streams = (_entries(span, progress), _enrollments(span), _consents(span), _leaves(span))
    terms = {str(pk) for pk in Terms.objects.values_list("pk", flat=True)}
    for key, (entries, enrollment, consents, leaves) in side_by_side(*map(by_first, streams)):
        signed = list(leaves)
        yield from _changed_leaves(key, signed)
        if key in terms:
            continue  # enrollments.audit.texts looks at those
        walk = Walk(key, {leaf[1]: leaf for leaf in signed})
        yield from walk.along(entries)
        today = next(enrollment, None)
        if today is None:
            left = PurgedChain.objects.filter(pk=key).first()
            yield from walk.against_what_is_left(left, signed) if left else walk.gone()
            continue
        yield from walk.beyond_the_end()
        yield from walk.against_today(today, list(consents))


@dataclass(slots=True)
class Walk:
    """Along one chain; `signed` holds what checkpoints signed of it, by the length that it had."""

    enrollment_id: str
    signed: dict[int, Row]
    previous: str = GENESIS.hex()
    sequence: int = 0
    standing: str = "{}"
    consents: dict[str, str] = field(default_factory=dict)

    def along(self, entries: Iterator[Row]) -> Iterator[Break]:
        for entry in map(Entry._make, entries):
            self.sequence += 1
            if entry.sequence != self.sequence:
                yield self._break(entry, f"entry {self.sequence} of the chain is missing or doubled")
                self.sequence = entry.sequence
            if entry.previous != self.previous:
                yield self._break(entry, "does not follow from the entry before it")
            if digest_of(entry.text) != entry.digest:
                yield self._break(entry, "was changed after it was written")
            if (leaf := self.signed.pop(self.sequence, None)) is not None and leaf[2] != entry.digest:
                yield self._break(entry, f"the chain was rewritten: checkpoint {leaf[3]} signed another entry here")
            self.previous = entry.digest
            if entry.order == 0:
                self.standing = entry.standing
            elif entry.reason != SUPERSEDED:
                self.consents[entry.subject_id] = entry.standing

    def beyond_the_end(self) -> Iterator[Break]:
        for length, leaf in sorted(self.signed.items()):
            fault = f"the chain was cut: checkpoint {leaf[3]} signed {length} entries, {self.sequence} are there"
            yield Break(self.enrollment_id, "enrollments_enrollment", fault)

    def gone(self) -> Iterator[Break]:
        yield from self.beyond_the_end()
        fault = "is gone, but its history or its checkpoints are there"
        yield Break(self.enrollment_id, "enrollments_enrollment", fault)

    def against_what_is_left(self, left: PurgedChain, signed: list[Row]) -> Iterator[Break]:
        """A chain whose time is over: the portal signed a line that fits what checkpoints signed of it."""
        row = f"enrollments_purgedchain row {self.enrollment_id}"
        if not is_left(left):
            fault = "is not signed by a key of this portal: it was changed, or is not its own"
            yield Break(self.enrollment_id, row, fault)
        if self.sequence:
            yield Break(self.enrollment_id, row, f"the chain was purged, but {self.sequence} entries are there")
        for _, length, head, number, *_ in signed:
            if length > left.length or (length == left.length and head != bytes(left.head).hex()):
                yield Break(self.enrollment_id, row, f"is of another chain than checkpoint {number} signed")

    def against_today(self, today: Row, consents: list[Row]) -> Iterator[Break]:
        row = f"enrollments_enrollment row {self.enrollment_id}"
        _, head, length, standing = today
        if (head, length) != (self.previous, self.sequence):
            fault = f"its chain ends after {self.sequence} entries, not after {length}"
            yield Break(self.enrollment_id, row, fault)
        if standing != self.standing:
            now, then = json.loads(standing), json.loads(self.standing)
            for name in HELD_FAST:
                if now.get(name) != then.get(name):
                    fault = f"{name} is {now.get(name)}, but its history ends at {then.get(name)}"
                    yield Break(self.enrollment_id, row, fault)
        present = {consent_id: standing for _, consent_id, standing in consents}
        for gone in self.consents.keys() - present.keys():
            yield Break(self.enrollment_id, f"enrollments_consent row {gone}", "is gone")
        for consent_id, standing in present.items():
            if standing != self.consents.get(consent_id):
                fault = "differs from the end of its history"
                yield Break(self.enrollment_id, f"enrollments_consent row {consent_id}", fault)

    def _break(self, entry: Entry, fault: str) -> Break:
        return Break(self.enrollment_id, f"{TABLES[entry.order].name} row {entry.number}", fault)


def _entries(span: Span, progress: Progress) -> Iterator[Row]:
    for count, entry in enumerate(heapq.merge(*(table.entries(span) for table in TABLES)), start=1):
        yield entry
        if count % BATCH == 0:
            progress(BATCH)


def _enrollments(span: Span) -> Iterator[Row]:
    return rows(
        "SELECT id::text, encode(ledger_head, 'hex'), ledger_length, "  # noqa: S608 - our own names
        f"{written_in_sql(values_in_sql(Enrollment, HELD_FAST))} FROM enrollments_enrollment "
        "WHERE id BETWEEN %s AND %s ORDER BY enrollments_enrollment.id",
        span.ends,
    )


def _consents(span: Span) -> Iterator[Row]:
    return rows(
        f"SELECT enrollment_id::text, id::text, {written_in_sql(values_in_sql(Consent, TRACKED))} "  # noqa: S608
        "FROM enrollments_consent WHERE enrollment_id BETWEEN %s AND %s ORDER BY enrollments_consent.enrollment_id",
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
