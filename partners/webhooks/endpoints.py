"""A partner's webhook endpoints: made, rotated, disabled, removed. Their secrets are shown once (contract §9)."""

import secrets as randomness
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from partners.models import Partner, WebhookDelivery, WebhookEndpoint, WebhookSecret
from partners.record import save_on_record
from partners.webhooks.outbox import announce_to
from partners.webhooks.settling import end_pending
from partners.webhooks.signing import SECRET_BYTES, as_shown
from partners.webhooks.types import EVERY
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal

MOST_ENDPOINTS = 16  # of one partner
OVERLAP = timedelta(hours=24)  # contract §9: both secrets sign
REMARK = "This is a test: nothing happened."


@dataclass(frozen=True, slots=True)
class NewSecret:
    """`secret` as the partner is given it, this once."""

    endpoint: WebhookEndpoint
    secret: str


@transaction.atomic
def add(partner: Partner, *, url: str, event_types: list[str], now: datetime, by: Actor) -> NewSecret:
    """`url` has passed `partners.http.check_url`. Raises `Refusal` `state_conflict` where there are too many."""
    held = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    if held.webhook_endpoints.shown().count() >= MOST_ENDPOINTS:
        raise Refusal("state_conflict", f"You have {MOST_ENDPOINTS} endpoints already: remove one first.")
    types = [EVERY] if EVERY in event_types else sorted(set(event_types))
    endpoint = WebhookEndpoint.objects.create(partner=held, url=url, event_types=types, created_at=now)
    secret = _add_secret(endpoint, now=now)
    save_on_record(held, by=by, reason=f"webhook endpoint {endpoint.pk} added")
    return NewSecret(endpoint, secret)


@transaction.atomic
def remove(endpoint: WebhookEndpoint, *, now: datetime, by: Actor) -> None:
    """Nothing more is sent to it; what it was sent stays in the log."""
    held = _hold(endpoint)
    held.removed_at = now
    held.save(update_fields=["removed_at"])
    held.secrets.all().delete()
    end_pending(held, state=WebhookDelivery.State.CANCELLED, outcome="endpoint_removed", now=now)
    save_on_record(held.partner, by=by, reason=f"webhook endpoint {held.pk} removed")


@transaction.atomic
def rotate_secret(endpoint: WebhookEndpoint, *, now: datetime, by: Actor, reason: str = "") -> NewSecret:
    """The old secret signs beside the new one for a day. What signs no more is destroyed."""
    held = _hold(endpoint)
    held.secrets.filter(signs_until__lte=now).delete()
    held.secrets.filter(signs_until=None).update(signs_until=now + OVERLAP)
    secret = _add_secret(held, now=now)
    save_on_record(held.partner, by=by, reason=_why(f"secret of webhook endpoint {held.pk} rotated", reason))
    return NewSecret(held, secret)


@transaction.atomic
def send_test(endpoint: WebhookEndpoint, *, now: datetime) -> UUID:
    """The key of a `test` message, which goes out like every other; raises `state_conflict` where none can."""
    held = _hold(endpoint)
    if held.disabled_at is not None:
        raise Refusal("state_conflict", "The endpoint is disabled: nothing is sent to it.")
    return announce_to(held, type="test", data={"endpointId": held.pk, "message": REMARK}, now=now)


@transaction.atomic
def disable(endpoint: WebhookEndpoint, *, now: datetime, by: Actor, reason: str) -> None:
    """What waits for it becomes a dead letter, and can be sent again once it is enabled."""
    held = _hold(endpoint)
    if held.disabled_at is not None:
        raise Refusal("state_conflict", "The endpoint is disabled already.")
    held.disabled_at, held.disabled_by = now, WebhookEndpoint.DisabledBy.STAFF
    held.save(update_fields=["disabled_at", "disabled_by"])
    end_pending(held, state=WebhookDelivery.State.DEAD, outcome="endpoint_disabled", now=now)
    save_on_record(held.partner, by=by, reason=_why(f"webhook endpoint {held.pk} disabled", reason))


@transaction.atomic
def enable(endpoint: WebhookEndpoint, *, now: datetime, by: Actor, reason: str) -> None:
    held = _hold(endpoint)
    if held.disabled_at is None:
        raise Refusal("state_conflict", "The endpoint is not disabled.")
    held.disabled_at, held.disabled_by, held.failures, held.rests_until = None, "", 0, None
    held.save(update_fields=["disabled_at", "disabled_by", "failures", "rests_until"])
    save_on_record(held.partner, by=by, reason=_why(f"webhook endpoint {held.pk} enabled", reason))


def _hold(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    held = WebhookEndpoint.objects.shown().select_for_update(no_key=True, of=("self",)).filter(pk=endpoint.pk)
    found = held.select_related("partner").first()
    if found is None:
        raise Refusal("not_found", "You have no webhook endpoint of this id.")
    return found


def _add_secret(endpoint: WebhookEndpoint, *, now: datetime) -> str:
    secret = randomness.token_bytes(SECRET_BYTES)
    row = WebhookSecret(endpoint=endpoint, created_at=now)
    row.set_secret(secret)
    row.save()
    return as_shown(secret)


def _why(what: str, reason: str) -> str:
    return f"{what}: {reason}" if reason else what
