"""Proving the audit trail whole (§11.5): every link and head, every original, every checkpoint, the rows of today."""

from collections.abc import Iterator
from itertools import chain
from uuid import UUID

from enrollments.audit.breaks import Break
from enrollments.audit.chains import chain_breaks
from enrollments.audit.originals import original_breaks
from enrollments.audit.progress import Progress, silent
from enrollments.audit.rows import EVERYTHING, Span
from enrollments.audit.snapshot import one_snapshot
from enrollments.audit.texts import text_breaks
from enrollments.audit.trees import tree_breaks
from enrollments.models import Consent, Enrollment

__all__ = ["Break", "breaks", "count_entries", "one_snapshot", "span_breaks"]


def breaks(*, enrollment_id: UUID | None = None, progress: Progress = silent) -> Iterator[Break]:
    """Every break in every chain and checkpoint, or in one chain; on a living system, inside `one_snapshot()`.

    Streams: memory does not grow with the history.
    """
    if enrollment_id is not None:
        return span_breaks(Span(enrollment_id, enrollment_id), progress=progress)
    return chain(span_breaks(EVERYTHING, progress=progress), tree_breaks(), text_breaks())


def span_breaks(span: Span, *, progress: Progress = silent) -> Iterator[Break]:
    """Of the chains of these enrollments."""
    return chain(chain_breaks(span, progress=progress), original_breaks(span))


def count_entries() -> int:
    return int(Enrollment.history.count() + Consent.history.count())
