"""What erased people are found by, named anew by the newest of the portal's keys, so that older ones can be dropped."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models

from enrollments import erased_devices
from enrollments.deletion import references
from enrollments.models import DeletionRequest, ErasedDevice
from texture_portal import lasting_names, sealed_columns
from texture_portal.vault import SealBrokenError

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Named:
    """`digest` is the column with the name, `essence` the sealed one that it is made of."""

    model: type[models.Model]
    digest: str
    essence: str
    purpose: str

    def opened(self) -> Iterator[tuple[Any, bytes]]:
        """Those that have a name; what no key opens is told of by whoever seals anew."""
        rows = self.model._base_manager.exclude(**{self.digest: ""}).exclude(**{self.essence: None})
        for row in rows.order_by("pk").iterator(chunk_size=CHUNK):
            try:
                essence = sealed_columns.opened(row, self.essence)
            except SealBrokenError:
                continue
            if essence is not None:
                yield row, essence


NAMED = (
    Named(DeletionRequest, "reference_digest", "sealed_reference", references.PURPOSE),
    Named(ErasedDevice, "device_digest", "sealed_essence", erased_devices.PURPOSE),
)


def name_anew() -> int:
    """How many were. Killed at any moment, it goes on where it stood."""
    return sum(_name_anew(each) for each in NAMED)


def named_by(key: str) -> int:
    """How many are found by one of `DATA_KEYS` alone."""
    return sum(
        getattr(row, each.digest) == lasting_names.name_by(key, essence, purpose=each.purpose)
        for each in NAMED
        for row, essence in each.opened()
    )


def _name_anew(named: Named) -> int:
    changed = 0
    for row, essence in named.opened():
        before, newest = getattr(row, named.digest), lasting_names.names_of(essence, purpose=named.purpose)[0]
        if newest != before:
            rows = named.model._base_manager.filter(
                pk=row.pk, **{named.digest: before}
            )  # purged meanwhile: it stays so
            changed += rows.update(**{named.digest: newest})
    return changed
