"""How long it is remembered what partners were told. What is kept on record (§11.5) stays, without its words."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from partners.models import WebhookAttempt, WebhookDelivery, WebhookMessage
from partners.webhooks.types import TYPES

KEPT = timedelta(days=90)  # as long as a partner may ask for a replay (contract §2.4)
BATCH = 1000
ON_RECORD = [each.name for each in TYPES.values() if each.is_kept]


def purge(*, now: datetime) -> int:
    """A batch of messages past their time; 0 where none is left. One that is still being tried is not past it."""
    old = WebhookMessage.objects.filter(created_at__lt=now - KEPT).order_by("created_at")
    old = old.exclude(deliveries__state=WebhookDelivery.State.PENDING)
    blanked = _blank(old.filter(type__in=ON_RECORD).exclude(body=""))
    ids = list(old.exclude(type__in=ON_RECORD).values_list("pk", flat=True)[:BATCH])
    WebhookMessage.objects.filter(pk__in=ids).delete()
    return blanked + len(ids)


def _blank(messages: QuerySet[WebhookMessage]) -> int:
    ids = list(messages.values_list("pk", flat=True)[:BATCH])
    WebhookAttempt.objects.filter(delivery__message__in=ids).update(answer="")
    return WebhookMessage.objects.filter(pk__in=ids).update(body="")
