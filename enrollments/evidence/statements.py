"""What a checkpoint signs, in the one written form that anybody can build again from its columns."""

import hashlib
from typing import Any

from enrollments.models import Checkpoint
from texture_portal.fingerprints import plain, written

FORMAT = "texture-checkpoint/1"
BEFORE_THE_FIRST = bytes(32)


def statement_of(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "number": checkpoint.number,
        "at": plain(checkpoint.at),
        "previous": plain(checkpoint.previous),
        "leafCount": checkpoint.leaf_count,
        "root": plain(checkpoint.root),
    }


def signed_bytes(checkpoint: Checkpoint) -> bytes:
    return written(statement_of(checkpoint))


def digest_of(checkpoint: Checkpoint) -> bytes:
    """By this the next checkpoint names it."""
    return hashlib.sha256(signed_bytes(checkpoint)).digest()


def on_paper(checkpoint: Checkpoint) -> dict[str, Any]:
    """As it leaves the portal: the statement, and who signed it."""
    return {
        "statement": statement_of(checkpoint),
        "publicKey": plain(checkpoint.public_key),
        "signature": plain(checkpoint.signature),
    }
