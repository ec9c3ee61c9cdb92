"""The audit chain: every history row of an enrollment and its consents holds the digest of the one before (§11.5)."""

from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

import pgtrigger
from django.db import models

from texture_portal.actors import Channel, Role
from texture_portal.append_only import append_only
from texture_portal.fingerprints import fingerprint

GENESIS = bytes(32)
IS_PURGED = "EXISTS (SELECT FROM enrollments_purgedchain WHERE subject_id = OLD.ledger_id)"


class LedgerEntry(models.Model):
    """The base of the historical models. Who acted, through what and why is on every row; rows are append-only.

    `sequence` counts 1, 2, 3 … over all history rows of one enrollment, whichever table they are in.
    """

    ledger_id = models.UUIDField(db_index=True, help_text="The enrollment whose chain this row is in.")
    sequence = models.PositiveIntegerField()
    previous_digest = models.BinaryField()
    digest = models.BinaryField()
    actor_role = models.CharField(max_length=10, choices=[(r.value, r.value) for r in Role])
    actor_name = models.CharField(max_length=255)
    channel = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Channel])
    request_id = models.UUIDField(null=True)
    original_id = models.UUIDField(null=True, help_text="The signed request or record that this entry rests on.")
    original_digest = models.BinaryField(null=True, help_text="Its digest, which so is in the chain.")
    sealed_words = models.BinaryField(
        null=True, help_text="What somebody said of it in their own words, under the customer's key: it ends with that."
    )

    if TYPE_CHECKING:  # columns that simple-history adds to every historical model
        id: UUID
        history_change_reason: str

    class Meta:
        abstract = True

    def compute_digest(self) -> bytes:
        """Over every column but the row's number and the digest itself, the predecessor's digest included."""
        columns = {name: getattr(self, name) for name in digested_columns(type(self))}
        return fingerprint({**columns, "table": self._meta.db_table})


@cache
def digested_columns(history_model: type[models.Model]) -> tuple[str, ...]:
    names = (field.attname for field in history_model._meta.concrete_fields)
    return tuple(name for name in names if name not in ("history_id", "digest"))


def keep_append_only(history_model: type[models.Model]) -> None:
    """For the historical models, which simple-history makes."""
    pgtrigger.register(*append_only("the audit trail is evidence", gone_when=IS_PURGED))(history_model)
