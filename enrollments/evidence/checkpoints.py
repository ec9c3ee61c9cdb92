"""Signing the heads of all chains, a day at a time; docs/decisions/0007-checkpoints.md."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from enrollments.evidence import merkle, statements
from enrollments.evidence.merkle import leaf_data, leaf_hash
from enrollments.models import Checkpoint, CheckpointLeaf, Terms
from texture_portal import notary

EVERY = timedelta(days=1)
MOST_LEAVES = 100_000  # of one checkpoint, so that a task has time for it; a longer backlog is the next one's

# What has grown since its head was last signed. One statement sees one instant.
UNSIGNED = """
SELECT subject.id, subject.length, subject.head
FROM (
    SELECT id, ledger_length AS length, ledger_head AS head FROM enrollments_enrollment
    UNION ALL SELECT id, 1, NULL FROM enrollments_terms
) AS subject
WHERE NOT EXISTS (
    SELECT 1 FROM enrollments_checkpointleaf leaf WHERE leaf.subject_id = subject.id AND leaf.length = subject.length
)
ORDER BY subject.id LIMIT %s
"""
WRITE = "COPY enrollments_checkpointleaf (checkpoint_id, position, subject_id, length, head, mark) FROM STDIN"

Head = tuple[UUID, int, bytes]


@transaction.atomic
def sign_if_due(*, now: datetime) -> Checkpoint | None:
    """A day after the last one, or at once where the last one was full. Of two workers the second finds it done."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {Checkpoint._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
    last = Checkpoint.objects.order_by("-number").first()
    if last is not None and last.leaf_count < MOST_LEAVES and now < last.at + EVERY:
        return None
    return _sign(_unsigned_heads(), last=last, now=now)


def leaf_mark(number: int, position: int, data: bytes, *, key: bytes) -> bytes:
    return notary.mark(number.to_bytes(8, "big") + position.to_bytes(8, "big") + data, key=key)


def checkpoints_of(subject_id: UUID, *, most: int) -> list[dict[str, Any]]:
    """The newest checkpoints that signed a head of this chain, oldest first, each with the path that proves it."""
    leaves = CheckpointLeaf.objects.filter(subject_id=subject_id).select_related("checkpoint")
    newest = list(leaves.order_by("-checkpoint_id")[:most])
    return [_proof(leaf) for leaf in reversed(newest)]


def _unsigned_heads() -> list[Head]:
    with connection.cursor() as cursor:
        cursor.execute(UNSIGNED, [MOST_LEAVES])
        found = cursor.fetchall()
    terms = Terms.objects.in_bulk([subject_id for subject_id, _, head in found if head is None])
    return [
        (subject_id, length, bytes(head) if head is not None else terms[subject_id].compute_head())
        for subject_id, length, head in found
    ]


def _sign(heads: list[Head], *, last: Checkpoint | None, now: datetime) -> Checkpoint:
    data = [leaf_data(subject_id, length=length, head=head) for subject_id, length, head in heads]
    made = Checkpoint(
        number=last.number + 1 if last else 1,
        at=now,
        previous=statements.digest_of(last) if last else statements.BEFORE_THE_FIRST,
        leaf_count=len(heads),
        root=merkle.root_of(map(leaf_hash, data)),
    )
    made.public_key, made.signature = notary.sign(statements.signed_bytes(made))
    made.save(force_insert=True)
    _write_leaves(made, heads, data)
    return made


def _write_leaves(checkpoint: Checkpoint, heads: list[Head], data: list[bytes]) -> None:
    key = notary.mark_keys()[0]
    with connection.cursor() as cursor, cursor.copy(WRITE) as copy:
        for position, (subject_id, length, head) in enumerate(heads):
            mark = leaf_mark(checkpoint.number, position, data[position], key=key)
            copy.write_row((checkpoint.number, position, subject_id, length, head, mark))


def _proof(leaf: CheckpointLeaf) -> dict[str, Any]:
    path = merkle.path_of(_leaf_hashes(leaf.checkpoint), leaf.position)
    return {
        **statements.on_paper(leaf.checkpoint),
        "leaf": {"subject": str(leaf.subject_id), "length": leaf.length, "head": bytes(leaf.head).hex()},
        "path": [{"side": side, "hash": digest.hex()} for side, digest in path],
    }


def _leaf_hashes(checkpoint: Checkpoint) -> Iterator[bytes]:
    rows = checkpoint.leaves.order_by("position").values_list("subject_id", "length", "head")
    for subject_id, length, head in rows.iterator(chunk_size=10_000):
        yield leaf_hash(leaf_data(subject_id, length=length, head=bytes(head)))
