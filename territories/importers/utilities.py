"""CommonGrid's `utilities.json`: every US electric utility, keyed by EIA id, or by slug where it has none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError

from territories.importers.files import digest, read_json_rows
from territories.importers.progress import Progress
from territories.importers.summary import Summary
from territories.importers.versions import put_in_force
from territories.models import DataSet, Utility
from territories.models.utility import Segment

FIELDS = ("slug", "eia_id", "name", "segment", "status", "jurisdiction", "customer_count", "successor_id")


@dataclass(slots=True)
class Draft:
    """`source_id` and `successor` are ids of the file's own."""

    source_id: str
    utility: Utility
    successor: str | None


def import_utilities(path: Path, *, now: datetime, progress: Progress) -> Summary:
    summary = Summary(path.name)
    rows = read_json_rows(path)
    drafts = _unrepeated(_drafts(progress.through(rows, doing=path.name), summary), summary)
    existing = {utility.pk: utility for utility in Utility.objects.all()}
    new, changed = _compare(_known(drafts, existing, summary), existing, summary)
    if summary.changes_something:
        put_in_force(DataSet.Kind.UTILITIES, digest=digest(path), summary=summary, now=now)
        Utility.objects.bulk_create(new)
        Utility.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["id"], update_fields=[*FIELDS, "updated_at"]
        )
    return summary


def _drafts(rows: Iterable[Any], summary: Summary) -> list[Draft]:
    drafts = []
    for number, row in enumerate(rows, start=1):
        try:
            drafts.append(_draft(row))
        except (ValidationError, ValueError) as fault:
            summary.refused.append((_which(row, number), _why(fault)))
    return drafts


def _draft(row: Any) -> Draft:
    if not isinstance(row, dict):
        raise ValueError("It is not an object.")
    segment = str(row.get("segment") or "").lower()
    if segment not in Segment.values or segment == Segment.UNKNOWN:
        raise ValueError(f"Its segment {row.get('segment')!r} is not one of the vocabulary's.")
    utility = Utility(
        slug=str(row.get("slug") or ""),
        eia_id=eia_id(row.get("eiaId")),
        name=str(row.get("name") or ""),
        segment=segment,
        status=str(row.get("status") or "").lower(),
        jurisdiction=str(row.get("jurisdiction") or ""),
        customer_count=row.get("customerCount"),
    )
    utility.clean_fields(exclude=["successor"])
    return Draft(str(row.get("id") or utility.slug), utility, row.get("successorId") or None)


def eia_id(value: Any) -> str | None:
    """The EIA's number as text; CommonGrid has a few of its own making (NA17). Raises ValueError.

    Negative numbers, and 0, stand for "none" in federal tables.
    """
    text = "" if value is None else str(value).strip()
    if not text.removeprefix("-").strip("0") or (text.startswith("-") and text[1:].isdecimal()):
        return None
    if not (text.isascii() and text.isalnum()):
        raise ValueError(f"{text[:20]!r} is no EIA utility number.")
    return text.lstrip("0")


def _unrepeated(drafts: list[Draft], summary: Summary) -> list[Draft]:
    """Of two rows of one EIA id or slug the ACTIVE one stands, else the first; both are named in the summary."""
    winners: dict[tuple[str, str], Draft] = {}
    ranked = sorted(drafts, key=lambda draft: draft.utility.status != Utility.Status.ACTIVE)
    kept = []
    for draft in ranked:
        keys = [("slug", draft.utility.slug), ("eiaId", draft.utility.eia_id or "")]
        clash = next((key for key in keys if key[1] and key in winners), None)
        if clash is None:
            winners.update({key: draft for key in keys if key[1]})
            kept.append(draft)
        else:
            kind, value = clash
            stands = winners[clash].utility.slug
            summary.refused.append((draft.utility.slug, f"Its {kind} {value} is {stands}'s already, which stands."))
    return kept


def _known(drafts: list[Draft], existing: dict[Any, Utility], summary: Summary) -> list[Draft]:
    """Gives each draft the id of the row that it is about, and the id of its successor's row."""
    by_eia_id = {utility.eia_id: utility for utility in existing.values() if utility.eia_id}
    by_slug = {utility.slug: utility for utility in existing.values()}
    kept = []
    for draft in drafts:
        same = [by_eia_id.get(draft.utility.eia_id or ""), by_slug.get(draft.utility.slug)]
        found = {utility.pk: utility for utility in same if utility is not None}
        if len(found) > 1:
            one, other = (utility.slug for utility in found.values())
            summary.refused.append((draft.utility.slug, f"It is two utilities in force: {one} and {other}."))
            continue
        draft.utility.pk = next(iter(found), draft.utility.pk)
        kept.append(draft)
    _link_successors(kept, summary)
    return kept


def _link_successors(drafts: list[Draft], summary: Summary) -> None:
    by_source_id = {draft.source_id: draft.utility for draft in drafts}
    for draft in drafts:
        if draft.successor is None:
            continue
        successor = by_source_id.get(draft.successor)
        if successor is None or successor is draft.utility:
            summary.notes.append(f"{draft.utility.slug}: its successor {draft.successor} is not in the file.")
        else:
            draft.utility.successor_id = successor.pk


def _compare(
    drafts: list[Draft], existing: dict[Any, Utility], summary: Summary
) -> tuple[list[Utility], list[Utility]]:
    new, changed = [], []
    for draft in drafts:
        before = existing.get(draft.utility.pk)
        if before is None:
            new.append(draft.utility)
        elif any(getattr(before, field) != getattr(draft.utility, field) for field in FIELDS):
            changed.append(draft.utility)
    summary.new, summary.changed = len(new), len(changed)
    summary.unchanged = len(drafts) - summary.new - summary.changed
    return new, changed


def _which(row: Any, number: int) -> str:
    name = row.get("slug") or row.get("name") if isinstance(row, dict) else None
    return f"row {number} ({name})" if name else f"row {number}"


def _why(fault: ValidationError | ValueError) -> str:
    if isinstance(fault, ValidationError):
        return "; ".join(f"{field}: {' '.join(messages)}" for field, messages in fault.message_dict.items())
    return str(fault)
