"""The checkpoints themselves: each follows from the one before, is signed by the portal, and has its leaves."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from enrollments.audit.breaks import Break
from enrollments.audit.rows import Row, by_first, rows, side_by_side
from enrollments.evidence import merkle, statements
from enrollments.evidence.merkle import leaf_data, leaf_hash
from enrollments.models import Checkpoint
from texture_portal import notary

LEAVES = (
    "SELECT checkpoint_id, position, subject_id, length, head "
    "FROM enrollments_checkpointleaf ORDER BY checkpoint_id, position"
)


def tree_breaks() -> Iterator[Break]:
    checkpoints = groupby(Checkpoint.objects.order_by("number").iterator(), key=attrgetter("number"))
    last, previous = 0, statements.BEFORE_THE_FIRST
    for number, (own, leaves) in side_by_side(checkpoints, by_first(rows(LEAVES, []))):
        row = f"enrollments_checkpoint row {number}"
        checkpoint = next(own, None)
        if checkpoint is None:
            yield Break("", row, "is gone, but its leaves are there")
            continue
        if number != last + 1:
            yield Break("", row, f"checkpoint {last + 1} is gone")
        elif bytes(checkpoint.previous) != previous:
            yield Break("", row, "does not follow from the checkpoint before it")
        yield from _faults(checkpoint, row)
        yield from _leaf_faults(checkpoint, row, leaves)
        last, previous = number, statements.digest_of(checkpoint)


def _faults(checkpoint: Checkpoint, row: str) -> Iterator[Break]:
    signed = statements.signed_bytes(checkpoint)
    if not notary.is_signed(signed, public_key=bytes(checkpoint.public_key), signature=bytes(checkpoint.signature)):
        yield Break("", row, "is not signed by a key of this portal: it was changed, or is not its own")


def _leaf_faults(checkpoint: Checkpoint, row: str, leaves: Iterator[Row]) -> Iterator[Break]:
    hashes: list[bytes] = []
    for _, position, subject_id, length, head in leaves:
        if position != len(hashes):
            yield Break("", row, f"its leaf {len(hashes)} is gone: that of a subject before {subject_id}")
            return
        hashes.append(leaf_hash(leaf_data(UUID(str(subject_id)), length=length, head=bytes(head))))
    if len(hashes) != checkpoint.leaf_count:
        yield Break("", row, f"{checkpoint.leaf_count} leaves were signed, {len(hashes)} are there")
    elif merkle.root_of(hashes) != bytes(checkpoint.root):
        yield Break("", row, "its leaves do not have the root that was signed")
