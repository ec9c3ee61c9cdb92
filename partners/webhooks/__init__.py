"""Telling partners (contract §9): an outbox of rows, and the job that delivers them, signed by Standard Webhooks."""

from partners.webhooks.outbox import Telling, announce, forget, tellings

__all__ = ["Telling", "announce", "forget", "tellings"]
