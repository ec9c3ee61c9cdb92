"""The line that is left of an audit chain whose time is over, signed by the portal."""

from datetime import datetime

from enrollments.models import DeletionRequest, Enrollment, PurgedChain
from texture_portal import notary
from texture_portal.fingerprints import plain, written

FORMAT = "texture-purged-chain/1"


def line_of(enrollment: Enrollment, request: DeletionRequest, *, now: datetime) -> PurgedChain:
    """Yet to be written."""
    line = PurgedChain(
        subject_id=enrollment.pk,
        request=request,
        length=enrollment.ledger_length,
        head=bytes(enrollment.ledger_head),
        purged_at=now,
    )
    line.public_key, line.signature = notary.sign(_statement(line))
    return line


def is_left(line: PurgedChain) -> bool:
    """Whether this portal signed that the chain was purged."""
    return notary.is_signed(_statement(line), public_key=bytes(line.public_key), signature=bytes(line.signature))


def _statement(line: PurgedChain) -> bytes:
    return written(
        {
            "format": FORMAT,
            "subject": str(line.subject_id),
            "request": str(line.request_id),
            "length": line.length,
            "head": plain(line.head),
            "purgedAt": plain(line.purged_at),
        }
    )
