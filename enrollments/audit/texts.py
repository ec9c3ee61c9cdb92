"""The texts of terms: each has its digest, and is what checkpoints signed."""

import hashlib
from collections.abc import Iterator

from enrollments.audit.breaks import Break
from enrollments.models import CheckpointLeaf, Terms


def text_breaks() -> Iterator[Break]:
    ours = Terms.objects.order_by("id")
    signed = dict(CheckpointLeaf.objects.filter(subject_id__in=ours.values("id")).values_list("subject_id", "head"))
    for terms in ours.iterator(chunk_size=100):
        row = f"enrollments_terms row {terms.pk}"
        if hashlib.sha256(terms.text.encode()).digest() != bytes(terms.digest):
            yield Break("", row, "its text does not have its digest: one was changed after it was added")
        if terms.pk in signed and bytes(signed[terms.pk]) != terms.compute_head():
            yield Break("", row, "was changed after it was signed")
