"""The record of the portal's own keys: written by every process now and then, never amid a request."""

import logging
import threading
import time
from datetime import UTC, datetime

from django.conf import settings
from django.db import Error, connection
from django.db.models.functions import Coalesce, Greatest, Least

from texture_portal import clock, key_use
from texture_portal.key_rings import Ring
from texture_portal.models import Key

EVERY_SECONDS = 60
log = logging.getLogger(__name__)


def on_ring(ring: Ring) -> list[str]:
    """As this process has them, the newest first."""
    return {
        Ring.SECRET_KEY: [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS],
        Ring.DATA_KEYS: settings.DATA_KEYS,
        Ring.CHECKPOINT_KEY: settings.CHECKPOINT_KEYS,
    }[ring]


def write_down(*, now: datetime) -> int:
    """That this process has its keys, and when it used them. A job, of which nothing is left to do."""
    used = key_use.taken()
    for ring in Ring:
        for number, key in enumerate(on_ring(ring)):
            _write(ring, key_use.name_of(key), leads=number == 0, used_at=used.get((ring, key)), now=now)
    return 0


def keep_writing() -> threading.Thread:
    """In a web process, beside its requests: over a connection of its own, which is closed in between."""
    thread = threading.Thread(target=_write_for_ever, name="keys", daemon=True)
    thread.start()
    return thread


def _write_for_ever() -> None:
    while True:
        write_if_possible()
        time.sleep(EVERY_SECONDS)


def write_if_possible() -> None:
    """Whatever is in the way now, it is tried again: a process that is silent seems to use no key."""
    try:
        write_down(now=clock.now())
    except Exception as fault:
        trace = not isinstance(fault, Error)  # a database that is away is no riddle
        log.warning("the use of keys cannot be written down: %s", type(fault).__name__, exc_info=trace)
    finally:
        connection.close()


def _write(ring: Ring, fingerprint: str, *, leads: bool, used_at: float | None, now: datetime) -> None:
    since = now if leads else None
    Key.objects.bulk_create(
        [Key(ring=ring, fingerprint=fingerprint, first_seen_at=now, seen_at=now, leads_since=since)],
        ignore_conflicts=True,
    )
    changes = {"seen_at": Greatest("seen_at", now), "first_seen_at": Least("first_seen_at", now)}
    if leads:
        changes["leads_since"] = Coalesce("leads_since", now)
    if used_at is not None:
        changes["last_used_at"] = Greatest("last_used_at", datetime.fromtimestamp(used_at, UTC))
    Key.objects.filter(ring=ring, fingerprint=fingerprint).update(**changes)
