"""Whether the processes have gone over from one key to the next, by what they write down (`texture_portal.keys`)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min

from texture_portal import key_use
from texture_portal.key_rings import Keys, Ring, RotationError
from texture_portal.models import Key


def leeway() -> timedelta:
    """For what processes have done and not yet written down."""
    return timedelta(seconds=settings.ROTATION_LEEWAY_SECONDS)


def led_since(ring: Ring, keys: Sequence[str]) -> datetime | None:
    """When the first of these was noted to sign and seal; none: not yet."""
    names = [key_use.name_of(each) for each in keys]
    found: datetime | None = Key.objects.filter(ring=ring, fingerprint__in=names).aggregate(at=Min("leads_since"))["at"]
    return found


def check_known(ring: Ring, held: Keys, *, now: datetime) -> None:
    """That the announced key may lead: where processes run, some have begun since it was announced."""
    announced = Key.objects.filter(ring=ring, fingerprint=key_use.name_of(held.keys[-1]))
    if Key.objects.filter(ring=ring, seen_at__gt=now - leeway()).exists() and not announced.exists():
        raise RotationError(
            "Processes run, and none has said that it knows the announced key: what it seals, they could not open. "
            "Remedy: have all of them begin anew (SIGHUP to `serve`), and wait: within five minutes they say so."
        )


def check_gone_over(ring: Ring, held: Keys, *, now: datetime) -> None:
    """That no process uses the oldest key any more, which each writes down somewhat later."""
    since = led_since(ring, held.keys[:1])
    if since is None:
        raise RotationError(
            "No process has said yet that it signs and seals with the new key. "
            "Remedy: have all of them begin anew (SIGHUP to `serve`), and wait."
        )
    row = Key.objects.filter(ring=ring, fingerprint=key_use.name_of(held.keys[-1])).first()
    used_at = max(since, row.last_used_at) if row is not None and row.last_used_at is not None else since
    if now < used_at + leeway():
        raise RotationError(
            f"It may have been used until {used_at.isoformat(timespec='seconds')}, and processes write down later what "
            f"they use. Remedy: wait until nothing has used it for {leeway()}, and see that every process began anew."
        )
