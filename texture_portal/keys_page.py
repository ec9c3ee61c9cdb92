"""The page of keys and secrets: how old each is, when it was last used, and how it is exchanged. Never a secret."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.safestring import SafeString

from partners.models import Application, Partner, SigningKey, WebhookSecret
from texture_portal import going_over, key_use, keys, names_by_key
from texture_portal.console.marks import NOTHING, at, badge, breakable, link, span, table
from texture_portal.key_rings import MEANINGS, Ring
from texture_portal.models import Key

MOST = 200  # of each kind: the oldest, which are the ones to rotate
AGE = ("Age", "Last used", "Ends")


def context(user: Any, *, now: datetime) -> dict[str, Any]:
    """`parts`: title, table and how it is exchanged, of what the reader may see."""
    parts = [_own(now=now), *_waited_for(now=now)]
    if user.has_perm("partners.view_application"):
        parts.append(_clients(now=now))
    if user.has_perm("partners.view_signingkey"):
        parts.append(_signing_keys(now=now))
    if user.has_perm("partners.view_webhookendpoint"):
        parts.append(_webhook_secrets(now=now))
    return {"parts": parts, "lasts_days": settings.SECRETS_LAST_DAYS}


def _own(*, now: datetime) -> dict[str, Any]:
    order = {ring.value: [key_use.name_of(each) for each in keys.on_ring(ring)] for ring in Ring}
    rows = [(each, _place(each, order[each.ring])) for each in Key.objects.all()]
    shown = sorted(rows, key=lambda row: (list(Ring).index(Ring(row[0].ring)), row[1] is None, row[1] or 0))
    return {
        "title": "The portal's own",
        "how": "manage.py rotate_secret NAME announce, promote, drop; then rotate_encryption_keys for DATA_KEYS",
        "table": table(
            ("Name", "Fingerprint", "State", "Age", "Last used", "What for"),
            (
                (key.ring, key.fingerprint, _own_state(key, place), _age(key.first_seen_at, now=now, live=place == 0),
                 at(key.last_used_at), MEANINGS[Ring(key.ring)])
                for key, place in shown
            ),
        ),
        "empty": "No process has said yet which keys it has: the job `keys` does, every five minutes.",
    }  # fmt: skip


def _waited_for(*, now: datetime) -> Iterator[dict[str, Any]]:
    """By old keys of what is sealed: what they named or sealed that cannot be named or sealed anew, and until when."""
    held = keys.on_ring(Ring.DATA_KEYS)
    rows = [(held[number], each) for number in range(1, len(held)) for each in _waiting(held, number, now=now)]
    if len(held) > 1:
        yield {
            "title": "What old keys of DATA_KEYS wait for",
            "how": "the rest is sealed and named anew by manage.py rotate_encryption_keys",
            "table": table(
                ("Fingerprint", "Kept", "How many", "Until"),
                ((key_use.name_of(key), each.kind, f"{each.count:,}", _end(each)) for key, each in rows),
            ),
            "empty": "Nothing: they can be dropped once everything is sealed and named anew.",
        }


def _waiting(held: list[str], number: int, *, now: datetime) -> list[names_by_key.Waiting]:
    """As a key names and seals until a newer one leads; of one that is announced, nothing yet."""
    until = going_over.led_since(Ring.DATA_KEYS, held[:number])
    if until is None or going_over.led_since(Ring.DATA_KEYS, held[number : number + 1]) is None:
        return []
    until += going_over.leeway()
    kept = names_by_key.evidence(until=until)
    return [*names_by_key.needing(until=until, now=now), *([kept] if kept.count else [])]


def _end(each: names_by_key.Waiting) -> SafeString | str:
    return at(each.until) if each.until else "for good: it is evidence"


def _place(key: Key, order: list[str]) -> int | None:
    return order.index(key.fingerprint) if key.fingerprint in order else None


def _own_state(key: Key, place: int | None) -> SafeString:
    if place is None:
        return badge("dropped")
    if place == 0:
        return badge("signs and seals", "success")
    return badge("announced", "info") if key.leads_since is None else badge("verifies and opens", "warning")


def _clients(*, now: datetime) -> dict[str, Any]:
    live = Application.objects.filter(_not_ended(now)).exclude(partner__status=Partner.Status.ENDED)
    oldest = live.select_related("partner").order_by("created")[:MOST]
    rows = (
        (link(each.partner), breakable(str(each.client_id)), _age(each.created, now=now), at(each.last_used_at),
         at(each.revoked_at or each.expires_at))
        for each in oldest
    )  # fmt: skip
    return _part("Client secrets of partners", "rotate_client_secret PARTNER", ("Partner", "Client id", *AGE), rows)


def _signing_keys(*, now: datetime) -> dict[str, Any]:
    live = SigningKey.objects.filter(_not_ended(now)).exclude(partner__status=Partner.Status.ENDED)
    rows = (
        (link(each.partner), str(each.pk), each.algorithm, _age(each.created_at, now=now), at(each.last_used_at),
         at(each.revoked_at or each.expires_at))
        for each in live.select_related("partner").order_by("created_at")[:MOST]
    )  # fmt: skip
    heads = ("Partner", "Key id", "Algorithm", *AGE)
    return _part("Signing keys of partners", "rotate_partner_key PARTNER", heads, rows)


def _webhook_secrets(*, now: datetime) -> dict[str, Any]:
    live = WebhookSecret.objects.filter(Q(signs_until=None) | Q(signs_until__gt=now), endpoint__removed_at=None)
    rows = (
        (link(each.endpoint.partner), link(each.endpoint, f"…{str(each.endpoint_id)[-12:]}"),
         _age(each.created_at, now=now, live=each.signs_until is None), at(each.last_used_at), at(each.signs_until))
        for each in live.select_related("endpoint__partner").order_by("created_at")[:MOST]
    )  # fmt: skip
    return _part("Webhook secrets", "rotate_webhook_secret ENDPOINT_ID", ("Partner", "Endpoint", *AGE), rows)


def _part(title: str, command: str, heads: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    how = f"manage.py {command}, or the button on its page"
    return {"title": title, "how": how, "table": table(heads, rows), "empty": "There is none."}


def _not_ended(now: datetime) -> Q:
    return (Q(expires_at=None) | Q(expires_at__gt=now)) & (Q(revoked_at=None) | Q(revoked_at__gt=now))


def _age(since: datetime | None, *, now: datetime, live: bool = True) -> SafeString | str:
    """Marked where it is older than secrets should become."""
    if since is None:
        return NOTHING
    is_old = live and now - since > timedelta(days=settings.SECRETS_LAST_DAYS)
    return badge(span(now - since), "warning") if is_old else span(now - since)
