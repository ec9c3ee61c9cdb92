"""Exchanging the portal's own secrets, a step at a time, in the file that SECRETS_FILE names (docs/rotation.md)."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from enrollments.account import contacts
from enrollments.deletion import renaming
from texture_portal import going_over, key_use, keys_needed, names_by_key, notary, resealing, secrets_file
from texture_portal.key_rings import Keys, Ring, RotationError, keys_of, with_keys
from texture_portal.login.acts import note
from texture_portal.models import Act

SECRET_BYTES = 48


def announce(file: Path, ring: Ring, *, now: datetime) -> Keys:
    """A new key that everybody is to know before anybody uses it."""
    return _change(
        file, ring, lambda held: held.announce(secrets.token_urlsafe(SECRET_BYTES)), step="announce", now=now
    )


def promote(file: Path, ring: Ring, *, now: datetime) -> Keys:
    """Raises `RotationError` while the processes that run do not know it."""
    held = keys_of(_in(file, ring), ring)
    if held.is_pending:
        going_over.check_known(ring, held, now=now)
    return _change(file, ring, Keys.promote, step="promote", now=now)


def drop_oldest(file: Path, ring: Ring, *, now: datetime) -> Keys:
    """Raises `RotationError` while anything still needs it."""
    held = keys_of(_in(file, ring), ring)
    if len(held.keys) < 2 or held.is_pending:
        raise RotationError("There is no old key to drop.")
    CHECKS[ring](held, now)
    return _change(file, ring, lambda keys: keys.drop(held.keys[-1]), step="drop", now=now)


def _change(file: Path, ring: Ring, act: Callable[[Keys], Keys], *, step: str, now: datetime) -> Keys:
    _in(file, ring)
    wanted = keys_of(secrets_file.change(file, lambda kept: with_keys(kept, ring, act(keys_of(kept, ring)))), ring)
    names = [key_use.name_of(each) for each in wanted.keys]
    note(Act.What.SECRET_ROTATED, by=None, about=str(ring), now=now, step=step, keys=names)
    return wanted


def _in(file: Path, ring: Ring) -> secrets_file.Kept:
    kept = secrets_file.read(file)
    if not keys_of(kept, ring).keys:
        raise RotationError(f"{ring} is not in {file}: it comes from the environment, which goes before the file.")
    return kept


def _check_sessions(held: Keys, now: datetime) -> None:
    """It goes by when a session that it signed was last seen, and by when it last signed any."""
    since = going_over.led_since(Ring.SECRET_KEY, held.keys[:1])
    lasts = timedelta(hours=settings.SESSION_HOURS)
    is_leading = held.keys[-1] == settings.SECRET_KEY  # in the environment, which goes before the file
    if is_leading or since is None or now < since + lasts + going_over.leeway():
        raise RotationError(
            f"Sessions that it signed may last until {settings.SESSION_HOURS} hours after the new key began to sign. "
            f"That was {since.isoformat(timespec='minutes') if since else 'not yet noted'}. Remedy: wait."
        )
    going_over.check_gone_over(Ring.SECRET_KEY, held, now=now)


def _check_sealed(held: Keys, now: datetime) -> None:
    key = held.keys[-1]
    sealed, for_good = resealing.needed_for(key)
    if needed := sealed + contacts.named_by(key) + renaming.named_by(key):
        raise RotationError(f"{needed:,} values are sealed or named by it. Remedy: run `rotate_encryption_keys`.")
    if for_good:
        raise RotationError(
            f"{for_good:,} signed requests about devices that nobody had enrolled are sealed by it. They are evidence, "
            "and never sealed anew. Remedy: keep it; it seals nothing any more."
        )
    going_over.check_gone_over(Ring.DATA_KEYS, held, now=now)
    newer_since = going_over.led_since(Ring.DATA_KEYS, held.keys[:-1]) or now
    if waiting := names_by_key.needing(until=newer_since + going_over.leeway(), now=now):
        raise RotationError(
            f"Named by it or by one before, and never to be named anew: {', '.join(map(str, waiting))}. "
            "Remedy: keep it until their time is over; it opens nothing any more."
        )


def _check_signatures(held: Keys, now: datetime) -> None:
    signed = keys_needed.signatures_by_key()[notary.public_key_of(held.keys[-1]).hex()]
    if signed:
        raise RotationError(
            f"{signed:,} signatures are by it, under checkpoints, certificates of deletion and lines of purged chains, "
            "and could not be verified without it."
        )
    going_over.check_gone_over(Ring.CHECKPOINT_KEY, held, now=now)


CHECKS: dict[Ring, Callable[[Keys, datetime], None]] = {
    Ring.SECRET_KEY: _check_sessions,
    Ring.DATA_KEYS: _check_sealed,
    Ring.CHECKPOINT_KEY: _check_signatures,
}
