"""Dead letters, and sending them again (contract §9)."""

from datetime import datetime

from django.db import transaction

from partners.models import WebhookDelivery, WebhookEndpoint
from partners.record import save_on_record
from partners.webhooks.outbox import GIVE_UP_AFTER
from partners.webhooks.waking import wake
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal

State = WebhookDelivery.State


@transaction.atomic
def send_again(delivery: WebhookDelivery, *, reason: str, now: datetime, by: Actor) -> None:
    """For another 72 hours, under the same key. Raises `Refusal` where it is no dead letter, or cannot be sent."""
    endpoint = _hold(delivery.endpoint)
    if not _revive(endpoint, delivery_id=delivery.pk, now=now):
        raise Refusal("state_conflict", "It is no dead letter, or what it said is no longer kept.")
    wake()
    save_on_record(endpoint.partner, by=by, reason=f"webhook delivery {delivery.pk} sent again: {reason}")


@transaction.atomic
def send_all_again(endpoint: WebhookEndpoint, *, reason: str, now: datetime, by: Actor) -> int:
    """Every dead letter of the endpoint; how many."""
    held = _hold(endpoint)
    count = _revive(held, now=now)
    if not count:
        raise Refusal("state_conflict", "The endpoint has no dead letters that could be sent again.")
    wake()
    save_on_record(held.partner, by=by, reason=f"{count} dead letters of endpoint {held.pk} sent again: {reason}")
    return count


def _hold(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Endpoints before their deliveries, as everywhere."""
    held = WebhookEndpoint.objects.select_for_update(no_key=True, of=("self",)).select_related("partner")
    found = held.get(pk=endpoint.pk)
    if not found.is_live:
        raise Refusal("state_conflict", "The endpoint is disabled or removed: nothing can be sent to it.")
    return found


def _revive(endpoint: WebhookEndpoint, *, now: datetime, delivery_id: int | None = None) -> int:
    dead = endpoint.deliveries.filter(state=State.DEAD).exclude(message__body="")
    if delivery_id is not None:
        dead = dead.filter(pk=delivery_id)
    return WebhookDelivery.objects.filter(pk__in=dead.values("pk")).update(
        state=State.PENDING, settled_at=None, due_at=now, give_up_at=now + GIVE_UP_AFTER
    )
