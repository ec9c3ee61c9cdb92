"""Checkpoints that somebody keeps out of the portal's reach, against those in the database."""

from collections.abc import Iterator
from typing import Any

from enrollments.audit.breaks import Break
from enrollments.evidence.statements import on_paper
from enrollments.models import Checkpoint
from texture_portal.clock import to_wire


def kept_breaks(kept: list[dict[str, Any]]) -> Iterator[Break]:
    """`kept` is what `export_checkpoints` wrote then: whoever cut or signed anew since is found."""
    present = {each.number: on_paper(each) for each in Checkpoint.objects.all()} if kept else {}
    for each in kept:
        number = each["statement"]["number"]
        row = f"enrollments_checkpoint row {number}"
        if number not in present:
            yield Break("", row, "is gone: it is among those that were kept elsewhere")
        elif present[number] != each:
            yield Break("", row, "is not the one that was kept elsewhere")


def said_of_checkpoints() -> str:
    newest = Checkpoint.objects.order_by("-number").first()
    if newest is None:
        return "There is no signed checkpoint yet."
    return f"{newest.number} signed checkpoints, the newest of {to_wire(newest.at)}."
