"""Proving the audit chain whole (§11.5): every link, every head, every sealed original, and the rows of today."""

import hashlib
import heapq
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.db import connection, transaction

from enrollments.models import Consent, Enrollment
from enrollments.models.ledger import GENESIS, LedgerEntry
from partners.models import SignedRequest

BATCH = 2000
HELD_FAST = ("state", "partner_id", "customer_id", "device_id", "consent_revoked_at")  # change with an entry, or never


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold: the table and row, and what is wrong with it."""

    enrollment_id: UUID
    row: str
    fault: str

    def __str__(self) -> str:
        return f"enrollment {self.enrollment_id}: {self.row}: {self.fault}"


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Everything read inside is of one instant, however much is written meanwhile. In a transaction, that one's."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def breaks(*, enrollment_id: UUID | None = None) -> Iterator[Break]:
    """Every break in every chain, or in one; on a living system, inside `one_snapshot()`.

    Streams: memory does not grow with the history.
    """
    chains = groupby(_entries(enrollment_id), key=lambda entry: entry.ledger_id)
    heads = _enrollments(enrollment_id)
    for ledger_id, entries, enrollment in _side_by_side(chains, heads):
        if enrollment is None:
            yield Break(ledger_id, "enrollments_enrollment", "history without its enrollment")
        yield from _walk(ledger_id, entries, enrollment)
    yield from _changed_originals(enrollment_id)


def count_entries() -> int:
    return int(Enrollment.history.count() + Consent.history.count())


def _walk(ledger_id: UUID, entries: Iterator[LedgerEntry], enrollment: Enrollment | None) -> Iterator[Break]:
    previous, sequence = GENESIS, 0
    last: LedgerEntry | None = None
    consents: dict[UUID, LedgerEntry] = {}
    for entry in entries:
        sequence += 1
        row = f"{entry._meta.db_table} row {entry.pk}"
        if entry.sequence != sequence:
            yield Break(ledger_id, row, f"entry {sequence} of the chain is missing or doubled")
            sequence = entry.sequence
        if bytes(entry.previous_digest) != previous:
            yield Break(ledger_id, row, "does not follow from the entry before it")
        if bytes(entry.digest) != entry.compute_digest():
            yield Break(ledger_id, row, "was changed after it was written")
        previous = bytes(entry.digest)
        if isinstance(entry, Enrollment.history.model):
            last = entry
        elif entry.history_change_reason != "consent_superseded":
            consents[entry.id] = entry
    if enrollment is not None:
        yield from _against_today(enrollment, previous, sequence, last, consents)


def _against_today(
    enrollment: Enrollment, head: bytes, length: int, last: LedgerEntry | None, consents: dict[UUID, LedgerEntry]
) -> Iterator[Break]:
    row = f"enrollments_enrollment row {enrollment.pk}"
    if (bytes(enrollment.ledger_head), enrollment.ledger_length) != (head, length):
        yield Break(enrollment.pk, row, f"its chain ends after {length} entries, not after {enrollment.ledger_length}")
    for name in HELD_FAST:
        now, then = getattr(enrollment, name), getattr(last, name, None)
        if now != then:
            yield Break(enrollment.pk, row, f"{name} is {now}, but its history ends at {then}")
    present = list(enrollment.consents.all())
    for gone in consents.keys() - {consent.pk for consent in present}:
        yield Break(enrollment.pk, f"enrollments_consent row {gone}", "is gone")
    for consent in present:
        entry = consents.get(consent.pk)
        if entry is None or any(
            getattr(consent, field.attname) != getattr(entry, field.attname)
            for field in Consent.history.model.tracked_fields
        ):
            yield Break(enrollment.pk, f"enrollments_consent row {consent.pk}", "differs from the end of its history")


def _entries(enrollment_id: UUID | None) -> Iterator[LedgerEntry]:
    streams = []
    for model in (Enrollment.history.model, Consent.history.model):
        rows = model.objects.order_by("ledger_id", "sequence", "history_id")
        if enrollment_id is not None:
            rows = rows.filter(ledger_id=enrollment_id)
        streams.append(rows.iterator(chunk_size=BATCH))
    return heapq.merge(*streams, key=lambda entry: (entry.ledger_id, entry.sequence))


def _enrollments(enrollment_id: UUID | None) -> Iterator[Enrollment]:
    rows = Enrollment.objects.order_by("id").prefetch_related("consents")
    if enrollment_id is not None:
        rows = rows.filter(pk=enrollment_id)
    return rows.iterator(chunk_size=BATCH)


def _side_by_side(
    chains: Iterable[tuple[UUID, Iterator[LedgerEntry]]], enrollments: Iterator[Enrollment]
) -> Iterator[tuple[UUID, Iterator[LedgerEntry], Enrollment | None]]:
    """Pairs each chain with its enrollment, both streams in the order of their ids."""
    waiting = next(enrollments, None)
    for ledger_id, entries in chains:
        while waiting is not None and waiting.pk < ledger_id:
            yield waiting.pk, iter(()), waiting
            waiting = next(enrollments, None)
        if waiting is not None and waiting.pk == ledger_id:
            yield ledger_id, entries, waiting
            waiting = next(enrollments, None)
        else:
            yield ledger_id, entries, None
    while waiting is not None:
        yield waiting.pk, iter(()), waiting
        waiting = next(enrollments, None)


def _changed_originals(enrollment_id: UUID | None) -> Iterator[Break]:
    """Signed requests whose ciphertext is not the one that the chain holds on to."""
    held = Consent.history.filter(signed_request_id__isnull=False)
    if enrollment_id is not None:
        held = held.filter(ledger_id=enrollment_id)
    digests = held.values_list("ledger_id", "signed_request_id", "signed_request_digest")
    for batch in _batches(digests.iterator(chunk_size=BATCH)):
        originals = SignedRequest.objects.in_bulk({request_id for _, request_id, _ in batch})
        for ledger_id, request_id, digest in batch:
            original = originals.get(request_id)
            if original is None:
                yield Break(ledger_id, f"partners_signedrequest row {request_id}", "is gone")
            elif hashlib.sha256(bytes(original.sealed_message)).digest() != bytes(digest):
                yield Break(ledger_id, f"partners_signedrequest row {request_id}", "was changed after it was written")


def _batches(rows: Iterator[tuple[UUID, UUID, bytes]]) -> Iterator[list[tuple[UUID, UUID, bytes]]]:
    batch: list[tuple[UUID, UUID, bytes]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
