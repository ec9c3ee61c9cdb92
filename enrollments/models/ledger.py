"""The audit chain: every history row of an enrollment and its consents holds the digest of the one before (§11.5)."""

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pgtrigger
from django.db import models

from texture_portal.actors import Channel, Role
from texture_portal.append_only import append_only

GENESIS = bytes(32)


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

    if TYPE_CHECKING:  # columns that simple-history adds to every historical model
        id: UUID
        history_change_reason: str

    class Meta:
        abstract = True

    def compute_digest(self) -> bytes:
        """SHA-256 over every column but the row's number and the digest itself, the predecessor's digest included."""
        columns = {
            field.attname: _canonical(getattr(self, field.attname))
            for field in self._meta.concrete_fields
            if field.attname not in ("history_id", "digest")
        }
        columns["table"] = self._meta.db_table
        return hashlib.sha256(json.dumps(columns, sort_keys=True, separators=(",", ":")).encode()).digest()


def _canonical(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    return str(value)


def keep_append_only(history_model: type[models.Model]) -> None:
    """For the historical models, which simple-history makes."""
    pgtrigger.register(*append_only("the audit trail is evidence"))(history_model)
