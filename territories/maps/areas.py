"""The areas that utilities have in the data in force, those of the companies merged into them among theirs."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import shapely

from territories.models import ServiceTerritory, Utility

MOST_MERGERS = 5  # one after another


def areas_of(utility_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """In degrees, by utility, in the order given; one that has no boundary is not there."""
    stands_for = _merged_into(utility_ids)
    found: dict[UUID, list[bytes]] = defaultdict(list)
    rows = ServiceTerritory.objects.filter(utility__in=stands_for).order_by("pk").values_list("utility_id", "boundary")
    for utility_id, boundary in rows:
        found[stands_for[utility_id]].append(bytes(boundary))
    return {pk: shapely.union_all(shapely.from_wkb(found[pk])) for pk in utility_ids if pk in found}


def _merged_into(utility_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Which of these each utility stands for: itself, or the one that it was merged into."""
    known = {pk: pk for pk in utility_ids}
    newest = list(known)
    for _ in range(MOST_MERGERS):
        merged = Utility.objects.filter(successor__in=newest).exclude(pk__in=known)
        rows = list(merged.values_list("pk", "successor_id"))
        known |= {pk: known[successor_id] for pk, successor_id in rows if successor_id}
        newest = [pk for pk, _ in rows]
        if not newest:
            break
    return known
