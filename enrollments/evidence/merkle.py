"""A Merkle tree as RFC 9162 §2.1 builds it, and the path that proves one leaf: pure."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_data(subject_id: UUID, *, length: int, head: bytes) -> bytes:
    """16 bytes of the subject's id, 8 of the length, 32 of the head."""
    return subject_id.bytes + length.to_bytes(8, "big") + bytes(head)


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def root_of(leaves: Iterable[bytes]) -> bytes:
    """`leaves` are leaf hashes in their order."""
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else EMPTY_ROOT


def path_of(leaves: Iterable[bytes], position: int) -> list[tuple[str, bytes]]:
    """The siblings from the leaf up, each with the side on which it stands."""
    level, path = list(leaves), []
    while len(level) > 1:
        beside = position ^ 1
        if beside < len(level):
            path.append(("left" if beside < position else "right", level[beside]))
        level, position = _above(level), position // 2
    return path


def _above(level: list[bytes]) -> list[bytes]:
    """Pairs under one hash; one that is left over rises as it is."""
    pairs = [
        hashlib.sha256(b"\x01" + level[place] + level[place + 1]).digest() for place in range(0, len(level) - 1, 2)
    ]
    return pairs + level[len(level) - len(level) % 2 :]
