"""Telling partners (contract §9): an outbox of rows, and the job that delivers them, signed by Standard Webhooks."""

from partners.webhooks.outbox import Item, Telling, announce, announce_all, forget, take_back, tellings

__all__ = ["Item", "Telling", "announce", "announce_all", "forget", "take_back", "tellings"]
