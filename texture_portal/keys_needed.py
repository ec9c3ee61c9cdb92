"""Which secrets what is in the database needs: to open what is sealed, and to believe what the portal signed.

Secrets have names here, which tell nothing of them: who keeps a backup writes down which ones belong to it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Count

from enrollments.models import Checkpoint, DeletionRequest, PurgedChain
from texture_portal import notary, vault
from texture_portal.key_use import name_of
from texture_portal.sealed_columns import COLUMNS, FIXED

CHUNK = 1000


@dataclass(slots=True)
class Needed:
    """`data_keys` and `checkpoint_keys`: how many values each named one is needed for. `broken`: columns, and how many
    of their values no key opens."""

    data_keys: Counter[str] = field(default_factory=Counter)
    checkpoint_keys: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)

    @property
    def strange_checkpoint_keys(self) -> list[str]:
        """Of the database, and not in CHECKPOINT_KEY."""
        return sorted(set(self.checkpoint_keys) - set(names_of_checkpoint_keys()))


def needed(*, of_each_column: int | None = None) -> Needed:
    """By all that is sealed, or by so many values of each column, half of them the oldest and half the newest."""
    found = Needed()
    names = names_of_data_keys()
    for column in (*COLUMNS, *FIXED):
        for row in _rows(column.rows(), of_each_column):
            try:
                number = vault.number_of_key(getattr(row, column.column), place=column.place_of(row))
            except vault.SealBrokenError:
                found.broken[str(column)] += 1
            else:
                found.data_keys[names[number]] += 1
    found.checkpoint_keys = signatures_by_key()
    return found


def signatures_by_key() -> Counter[str]:
    """By public key: checkpoints, what is left of purged chains, and certificates of deletion."""
    found: Counter[str] = Counter()
    for rows in (Checkpoint.objects, PurgedChain.objects):
        for key, count in rows.order_by().values_list("public_key").annotate(Count("pk")):
            found[bytes(key).hex()] += count
    certified = DeletionRequest.objects.filter(certificate__isnull=False).order_by()
    for key, count in certified.values_list("certificate__seal__publicKey").annotate(Count("pk")):
        found[key] += count
    return found


def names_of_data_keys() -> list[str]:
    """Of DATA_KEYS, newest first."""
    return [name_of(secret) for secret in settings.DATA_KEYS]


def names_of_checkpoint_keys() -> list[str]:
    """The public halves, as whatever is signed names its own."""
    return [key.hex() for key in notary.public_keys()]


def _rows(rows: Any, most: int | None) -> Iterator[Any]:
    if most is None:
        return iter(rows.iterator(chunk_size=CHUNK))
    ends = (*rows[: most // 2], *rows.reverse()[: most // 2])
    return iter({row.pk: row for row in ends}.values())
