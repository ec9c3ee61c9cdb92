"""Service territories, and CCAs' territories, from features. A data set's new version replaces its last one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.text import slugify

from territories.importers.boundaries import UnusableBoundaryError, boundary
from territories.importers.features import Feature, read_features
from territories.importers.files import digest
from territories.importers.progress import Progress
from territories.importers.summary import Summary
from territories.importers.utilities import eia_id
from territories.importers.versions import put_in_force
from territories.models import DataSet, ServiceTerritory, Utility
from territories.models.utility import Segment

FIELDS = ("utility_id", "name", "state", "boundary", "repaired")
# CommonGrid keeps the regions of grid operators and balancing authorities beside the territories.
OPERATORS_REGIONS = ("region-iso-", "region-rto-", "region-ba-")
CCA_REGIONS = "region-cca-"
Kind = DataSet.Kind


@dataclass(slots=True)
class Owners:
    """The utilities in force, by what a feature may call them; those that had to be made."""

    are_ccas: bool
    by_eia_id: dict[str, Utility]
    by_name: dict[str, Utility]
    slugs: set[str]
    made: list[Utility]

    @classmethod
    def in_force(cls, *, cca: bool) -> "Owners":
        utilities = list(Utility.objects.all())
        named = [u for u in utilities if (u.segment == Segment.COMMUNITY_CHOICE_AGGREGATOR) == cca]
        return cls(
            are_ccas=cca,
            by_eia_id={u.eia_id: u for u in utilities if u.eia_id},
            by_name={u.name.casefold(): u for u in named},
            slugs={u.slug for u in utilities},
            made=[],
        )

    def of(self, *, name: str, eia: str | None, source_id: str) -> Utility:
        """By EIA id, else by name; else one is made, so that no territory is lost for want of a utility's row."""
        known = self.by_eia_id.get(eia) if eia else self.by_name.get(name.casefold())
        return known or self._make(name=name, eia=eia, source_id=source_id)

    def _make(self, *, name: str, eia: str | None, source_id: str) -> Utility:
        slug = slugify(source_id)[:190]
        while slug in self.slugs:
            slug += "-1"
        segment = Segment.COMMUNITY_CHOICE_AGGREGATOR if self.are_ccas else Segment.UNKNOWN
        utility = Utility(slug=slug, eia_id=eia, name=name, segment=segment)
        utility.clean_fields(exclude=["successor"])
        self.made.append(utility)
        self.slugs.add(slug)
        self.by_name[name.casefold()] = utility
        if eia:
            self.by_eia_id[eia] = utility
        return utility


def import_territories(
    path: Path, *, cca: bool, now: datetime, progress: Progress, edge_error: int | None = None
) -> Summary:
    """`edge_error`: how far, in metres, the boundaries may be off, simplified as they are."""
    features = read_features(path)
    total = digest(path)
    return import_features(
        features, name=path.name, digest=total, cca=cca, now=now, progress=progress, edge_error=edge_error
    )


def import_territory_folder(folder: Path, *, now: datetime, progress: Progress) -> list[Summary]:
    """CommonGrid's `data/territories/`: a file a territory, CCAs' and grid operators' regions among them."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.casefold() in (".json", ".geojson"))
    features = [f for path in progress.through(paths, doing=folder.name) for f in read_features(path)]
    theirs = [f for f in features if _source_id(f).startswith(CCA_REGIONS)]
    wires = [f for f in features if not _source_id(f).startswith((CCA_REGIONS, *OPERATORS_REGIONS))]
    total = digest(*paths)
    summaries = [
        import_features(part, name=folder.name, digest=total, cca=cca, now=now, progress=progress)
        for part, cca in ((wires, False), (theirs, True))
        if part
    ]
    if left_out := len(features) - len(wires) - len(theirs):
        summaries[0].notes.append(f"{left_out} regions of grid operators are no service territories: left out.")
    return summaries


def import_features(
    features: Sequence[Feature],
    *,
    name: str,
    digest: str,
    cca: bool,
    now: datetime,
    progress: Progress,
    edge_error: int | None = None,
) -> Summary:
    kind = Kind.CCA_TERRITORIES if cca else Kind.TERRITORIES
    summary = Summary(name)
    owners = Owners.in_force(cca=cca)
    drafts = _drafts(progress.through(features, doing=name), owners, summary)
    if not drafts:
        return summary
    existing = {territory.source_id: territory for territory in ServiceTerritory.objects.all()}
    new = [t for key, t in drafts.items() if key not in existing]
    changed = [_updated(existing[key], t) for key, t in drafts.items() if _differs(existing.get(key), t)]
    mentioned = {_source_id(feature) for feature in features}
    versions = set(DataSet.objects.filter(kind=kind, name=name).values_list("pk", flat=True))
    gone = [t for key, t in existing.items() if key not in mentioned and t.data_set_id in versions]
    summary.new, summary.changed, summary.unchanged = len(new), len(changed), len(drafts) - len(new) - len(changed)
    summary.withdrawn = [t.source_id for t in gone]
    _note_made(owners, summary)
    if summary.changes_something:
        data_set = put_in_force(kind, digest=digest, summary=summary, now=now, edge_error_meters=edge_error)
        _write(new, changed, gone, made=owners.made, data_set=data_set)
    return summary


def _drafts(features: Iterable[Feature], owners: Owners, summary: Summary) -> dict[str, ServiceTerritory]:
    drafts: dict[str, ServiceTerritory] = {}
    for feature in features:
        source_id = _source_id(feature)
        which = f"{feature.path.name}, {feature.where} ({source_id})"
        try:
            draft, fault = _draft(feature, source_id, owners)
        except (UnusableBoundaryError, ValidationError, ValueError) as reason:
            summary.refused.append((which, " ".join(getattr(reason, "messages", [str(reason)]))))
            continue
        if source_id in drafts:
            summary.refused.append((which, "Its id is an earlier feature's."))
            continue
        drafts[source_id] = draft
        if fault:
            summary.repaired.append((which, fault))
    return drafts


def _draft(feature: Feature, source_id: str, owners: Owners) -> tuple[ServiceTerritory, str]:
    if source_id.startswith(OPERATORS_REGIONS):
        raise UnusableBoundaryError("It is a grid operator's region, not a service territory.")
    shape, fault = boundary(feature)
    name = str(feature.named("name") or source_id)
    territory = ServiceTerritory(
        source_id=source_id,
        name=name,
        state=str(feature.named("state") or ""),
        boundary=shape.wkb,
        repaired=bool(fault),
    )
    territory.clean_fields(exclude=["utility", "data_set"])
    utility = owners.of(name=name, eia=eia_id(feature.named("eiaId", "eia_id", "utility_id")), source_id=source_id)
    if owners.are_ccas and utility.segment != Segment.COMMUNITY_CHOICE_AGGREGATOR:
        raise UnusableBoundaryError(f"Its utility {utility.slug} is no CCA but: {utility.get_segment_display()}.")
    territory.utility = utility
    return territory, fault


def _source_id(feature: Feature) -> str:
    return str(feature.named("id", "source_id", "objectid") or feature.path.stem)


def _differs(before: ServiceTerritory | None, after: ServiceTerritory) -> bool:
    if before is None:
        return False
    return bytes(before.boundary) != after.boundary or any(
        getattr(before, field) != getattr(after, field) for field in FIELDS if field != "boundary"
    )


def _updated(before: ServiceTerritory, after: ServiceTerritory) -> ServiceTerritory:
    after.pk = before.pk
    return after


def _note_made(owners: Owners, summary: Summary) -> None:
    for utility in owners.made:
        summary.notes.append(
            f"{utility.name} (EIA id {utility.eia_id or 'unknown'}) has no utility row: "
            f"it gets one of segment {utility.segment}."
        )


def _write(
    new: list[ServiceTerritory],
    changed: list[ServiceTerritory],
    gone: list[ServiceTerritory],
    *,
    made: list[Utility],
    data_set: DataSet,
) -> None:
    Utility.objects.bulk_create(made)
    for territory in (*new, *changed):
        territory.data_set = data_set
    ServiceTerritory.objects.bulk_create(new, batch_size=500)
    ServiceTerritory.objects.bulk_create(
        changed,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[*(field.removesuffix("_id") for field in FIELDS), "data_set"],
    )
    ServiceTerritory.objects.filter(pk__in=[territory.pk for territory in gone]).delete()
