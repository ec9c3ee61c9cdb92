"""Recurring work on what partners leave behind."""

from datetime import datetime

from oauth2_provider.models import clear_expired

from partners.models import IdempotencyRecord
from partners.webhooks.delivery import deliver_due
from partners.webhooks.retention import purge


def purge_idempotency_records(*, now: datetime) -> int:
    """Answers whose key has expired (contract §2.4)."""
    return IdempotencyRecord.objects.purge(now=now)


def purge_tokens(*, now: datetime) -> int:
    """Access tokens that have expired; the library goes by its own clock, and does all in one call."""
    clear_expired()
    return 0


def deliver_webhooks(*, now: datetime) -> int:
    """What partners are to be told, and are due to be told again."""
    return deliver_due(now=now)


def purge_webhooks(*, now: datetime) -> int:
    """What was told long enough ago."""
    return purge(now=now)
