"""Recurring work on what partners leave behind."""

from datetime import datetime

from oauth2_provider.models import clear_expired

from partners.models import IdempotencyRecord


def purge_idempotency_records(*, now: datetime) -> int:
    """Answers whose key has expired (contract §2.4)."""
    return IdempotencyRecord.objects.purge(now=now)


def purge_tokens(*, now: datetime) -> int:
    """Access tokens that have expired; the library goes by its own clock, and does all in one call."""
    clear_expired()
    return 0
