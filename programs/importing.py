"""Programs from CommonGrid's `programs.json`.

A CommonGrid program may belong to several utilities and be of several types; ours has one owner and one type, since
a consent is given by type. So it becomes one row for each owner and type, and the rows of one program form an
exclusive group: a device joins it once, as whichever type its consent covers. A program with a capacity becomes one
row an owner, of its primary type only, so that the capacity holds.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from simple_history.utils import bulk_create_with_history

from programs import vocabulary
from programs.models import Program, ProgramType
from territories.importers.files import read_json_rows
from territories.importers.progress import Progress
from territories.importers.summary import Summary
from territories.models import ServiceTerritory, Utility

FIELDS = (
    "name",
    "owner_id",
    "type",
    "device_types",
    "status",
    "starts_on",
    "ends_on",
    "max_enrollments",
    "exclusive_group",
)
GROUP_LENGTH = 60
REASON = "imported"


class RefusedRowError(Exception):
    """This row is no program that the portal can run."""


@dataclass(slots=True)
class Owners:
    """Utilities as programs name them; a merged one stands for its successor."""

    by_slug: dict[str, Utility]
    by_region: dict[str, Utility]

    @classmethod
    def in_force(cls) -> "Owners":
        utilities = list(Utility.objects.select_related("successor"))
        territories = ServiceTerritory.objects.select_related("utility__successor").defer("boundary")
        by_region = {f"region-st-{u.eia_id}": u for u in utilities if u.eia_id}
        by_region |= {territory.source_id: territory.utility for territory in territories}
        return cls({u.slug: u for u in utilities}, by_region)

    def of(self, row: dict[str, Any]) -> list[Utility]:
        """The utilities of its regions, else its administrators: a region is where customers are, exactly."""
        organizations = [o for o in _list(row, "organizations") if isinstance(o, dict)]
        slugs = [str(o.get("entityId")) for o in organizations if o.get("role", "ADMINISTRATOR") == "ADMINISTRATOR"]
        regions = [str(region) for region in _list(row, "regions")]
        found = [self.by_region[r] for r in regions if r in self.by_region]
        found = found or [self.by_slug[s] for s in slugs if s in self.by_slug]
        if not found:
            named = ", ".join(regions + slugs) or "it names none"
            raise RefusedRowError(f"None of its regions and administrators is a utility in force ({named}).")
        return list({utility.pk: utility for utility in (u.standing() for u in found)}.values())


def import_programs(path: Path, *, progress: Progress) -> Summary:
    summary = Summary(path.name)
    owners = Owners.in_force()
    drafts: dict[str, Program] = {}
    for number, row in enumerate(progress.through(read_json_rows(path), doing=path.name), start=1):
        try:
            rows = _programs(row, owners)
        except (RefusedRowError, vocabulary.UnknownWordError, ValidationError, ValueError) as fault:
            summary.refused.append((_which(row, number), " ".join(getattr(fault, "messages", [str(fault)]))))
            continue
        if any(program.slug in drafts for program in rows):
            summary.refused.append((_which(row, number), "Its slug is an earlier row's."))
            continue
        drafts |= {program.slug: program for program in rows}
        _note_what_is_not_kept(row, summary)
    _save(drafts, summary)
    return summary


def _programs(row: Any, owners: Owners) -> list[Program]:
    if not isinstance(row, dict):
        raise RefusedRowError("It is not an object.")
    assets = [str(word) for word in _list(row, "assetTypes")]
    types = vocabulary.program_types(
        grid_services=[str(word) for word in _list(row, "gridServices")],
        asset_types=assets,
        participation_models=[str(word) for word in _list(row, "participationModels")],
    )
    device_types = vocabulary.device_types(assets)
    if not types or not device_types:
        raise RefusedRowError("It names no grid service, or no asset type.")
    if row.get("maxEnrollments") is not None:
        types = types[:1]
    owning = owners.of(row)
    return [
        _program(
            row, owner, kind, device_types, alone=len(owning) == 1, primary=kind == types[0], shared=len(types) > 1
        )
        for owner in owning
        for kind in types
    ]


def _program(
    row: dict[str, Any],
    owner: Utility,
    kind: ProgramType,
    device_types: list[Any],
    *,
    alone: bool,
    primary: bool,
    shared: bool,
) -> Program:
    slug = str(row.get("slug") or "")
    program = Program(
        slug="-".join([slug, *([] if alone else [owner.slug]), *([] if primary else [kind.value.replace("_", "-")])]),
        name=str(row.get("name") or ""),
        owner=owner,
        type=kind,
        device_types=[str(device_type) for device_type in device_types],
        status=vocabulary.status(str(row.get("status") or "")),
        starts_on=_date(row.get("enrollmentOpens") or row.get("launchedAt")),
        ends_on=_date(row.get("endsAt")),
        max_enrollments=row.get("maxEnrollments"),
        exclusive_group=_group(slug) if shared else "",
    )
    program.clean_fields(exclude=["owner"])
    if program.starts_on and program.ends_on and program.ends_on < program.starts_on:
        raise RefusedRowError(f"It ends on {program.ends_on}, before it starts on {program.starts_on}.")
    return program


def _group(slug: str) -> str:
    if len(slug) <= GROUP_LENGTH:
        return slug
    tail = hashlib.sha256(slug.encode()).hexdigest()[:12]
    return f"{slug[: GROUP_LENGTH - len(tail) - 1]}-{tail}"


def _note_what_is_not_kept(row: dict[str, Any], summary: Summary) -> None:
    kept_out = [name for name in ("enrollmentCloses", "programSeason", "variants") if row.get(name)]
    if kept_out:
        summary.notes.append(f"{row.get('slug')}: its {', '.join(kept_out)} are not kept: a program here has none.")


def _save(drafts: dict[str, Program], summary: Summary) -> None:
    """Every change with its history row: `bulk_create` alone would write none."""
    existing = {program.slug: program for program in Program.objects.filter(slug__in=drafts)}
    new = [program for slug, program in drafts.items() if slug not in existing]
    bulk_create_with_history(new, Program, batch_size=500, default_change_reason=REASON)
    for slug, before in existing.items():
        if all(getattr(before, field) == getattr(drafts[slug], field) for field in FIELDS):
            summary.unchanged += 1
            continue
        for field in FIELDS:
            setattr(before, field, getattr(drafts[slug], field))
        before._change_reason = REASON  # type: ignore[attr-defined]  # simple-history reads it
        before.save()
        summary.changed += 1
    summary.new = len(new)


def _list(row: dict[str, Any], name: str) -> list[Any]:
    value = row.get(name) or []
    if not isinstance(value, list):
        raise RefusedRowError(f"Its {name} is not a list.")
    return value


def _date(value: Any) -> date | None:
    """Of `2026-05-01` or `2026-05-01T00:00:00Z` the date."""
    return date.fromisoformat(str(value)[:10]) if value else None


def _which(row: Any, number: int) -> str:
    name = row.get("slug") or row.get("name") if isinstance(row, dict) else None
    return f"row {number} ({name})" if name else f"row {number}"
